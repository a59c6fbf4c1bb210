package train

import (
	"context"
	"fmt"

	"acol/internal/kernel/backend"
)

// Validation is what was measured on the val split, figures in percent.
type Validation struct {
	Images  int     `json:"images"`
	Skipped int     `json:"skipped"`
	Top1    float64 `json:"top1"`
	Top5    float64 `json:"top5"`
	// MaxBoxAcc is GT-known at IoU 0.5, of the fused map, at its best Threshold;
	// nil where the split has no boxes.
	MaxBoxAcc *float64 `json:"max_box_acc,omitempty"`
	Threshold *float64 `json:"threshold,omitempty"`
}

// EpochRecord is what an epoch gave, as the log keeps it. Epoch counts from 1, Losses are the
// branches' means over the epoch, Top1 is of the training images as they were seen.
type EpochRecord struct {
	Epoch       int         `json:"epoch"`
	Steps       int         `json:"steps"`
	Loss        float64     `json:"loss"`
	Losses      []float64   `json:"branch_losses"`
	Top1        float64     `json:"top1"`
	LRBackbone  float64     `json:"lr_backbone"` // at the epoch's last step
	LRHeads     float64     `json:"lr_heads"`
	Images      int         `json:"images"`
	Skipped     int         `json:"skipped"`
	Seconds     float64     `json:"seconds"`
	Waited      float64     `json:"waited_seconds"` // for data
	WaitedShare float64     `json:"waited_share"`   // of Seconds
	ImagesPerS  float64     `json:"images_per_second"`
	Validation  *Validation `json:"val,omitempty"`
	Best        bool        `json:"best"` // so far, by selects
	BestEpoch   int         `json:"best_epoch"`
	ThreadCount int         `json:"threads"`
	Kernels     string      `json:"kernels"`
}

// finishEpoch validates, logs, saves the checkpoints and moves r.at on.
func (r *run) finishEpoch(ctx context.Context) error {
	rec := r.record()
	if r.Validate != nil {
		v, err := r.Validate(ctx)
		if err != nil && ctx.Err() != nil {
			return r.interrupt()
		}
		if err != nil {
			return fmt.Errorf("validating after epoch %d: %w", rec.Epoch, err)
		}
		rec.Validation = &v
	}
	if score := rec.selects(); r.at.BestEpoch == 0 || score > r.at.Best {
		r.at.Best, r.at.BestEpoch, rec.Best = score, rec.Epoch, true
	}
	rec.BestEpoch = r.at.BestEpoch
	if err := r.Store.AppendLog(rec); err != nil {
		return err
	}
	if err := r.checkpoints(rec); err != nil {
		return err
	}
	r.Observer.Epoch(rec)
	return nil
}

func (r *run) record() EpochRecord {
	s := r.at.Sums
	scale := r.Config.Schedule.Scale((r.at.Epoch+1)*r.perEpoch-1, r.perEpoch, r.Config.Epochs)
	b := r.Engine.Backend()
	rec := EpochRecord{
		Epoch: r.at.Epoch + 1, Steps: r.perEpoch, Top1: percent(s.Correct, s.Images),
		LRBackbone: r.Config.Optimizer.LRBackbone * scale, LRHeads: r.Config.Optimizer.LRHeads * scale,
		Images: s.Images, Skipped: s.Skipped, Seconds: s.Seconds, Waited: s.Waited, WaitedShare: s.Waited / s.Seconds, ImagesPerS: float64(s.Images) / s.Seconds,
		ThreadCount: b.Threads(), Kernels: backend.Describe(b),
	}
	for _, l := range s.Losses {
		rec.Losses = append(rec.Losses, l/float64(r.perEpoch))
		rec.Loss += l / float64(r.perEpoch)
	}
	return rec
}

// selects is what the best checkpoint has most of: MaxBoxAcc on val, top-1
// where it has no boxes, and without a val split the negative loss.
func (rec EpochRecord) selects() float64 {
	switch v := rec.Validation; {
	case v == nil || v.Images == 0:
		return -rec.Loss
	case v.MaxBoxAcc == nil:
		return v.Top1
	default:
		return *v.MaxBoxAcc
	}
}

// checkpoints saves the model, and then moves r.at to the next epoch and saves the state. The
// state comes last, so that a crash before it repeats the epoch.
func (r *run) checkpoints(rec EpochRecord) error {
	sd, err := r.Model.State()
	if err != nil {
		return err
	}
	if err := r.Store.SaveModel(sd, rec.Epoch, rec.Best); err != nil {
		return err
	}
	r.at.Epoch, r.at.Step, r.at.Sums = r.at.Epoch+1, 0, sums{}
	return r.saveState()
}
