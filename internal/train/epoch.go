package train

import (
	"context"
	"errors"
	"fmt"

	"acol/internal/kernel/backend"
	"acol/internal/section"
)

// Validation holds what was measured on the val split. Accuracies are in percent.
type Validation struct {
	Images  int `json:"images"`
	Skipped int `json:"skipped"` // images that could not be read
	// Loss is the sum of the branches' losses without label smoothing and class weights, each a
	// mean over the images. It is nil where it is not finite.
	Loss *float64 `json:"loss,omitempty"`
	Top1 float64  `json:"top1"`
	Top5 float64  `json:"top5"`
	// Collapsed is the class that all images, or nearly all, were taken for; empty where the
	// network tells classes apart.
	Collapsed string `json:"collapsed,omitempty"`
	// MaxBoxAcc is the share of images whose box, from the fused map of the true class (GT-known)
	// and at the best threshold, has an IoU of at least 0.5 with a true box. Threshold is that
	// threshold. Both are nil where the split has no boxes.
	MaxBoxAcc *float64 `json:"max_box_acc,omitempty"`
	Threshold *float64 `json:"threshold,omitempty"`
	// MaxBoxAccV2 is the mean of the shares at an IoU of 0.3, 0.5 and 0.7, each at its best
	// threshold; nil where the split has no boxes.
	MaxBoxAccV2 *float64 `json:"max_box_acc_v2,omitempty"`
	// Top1Loc is the share of images whose class is right and whose box by the CAM rule, at the
	// fraction of the maximum that is best for this figure, has an IoU of at least 0.5 with a true
	// box; nil where the split has no boxes.
	Top1Loc *float64 `json:"top1_loc,omitempty"`
	// GTKnown is the share of images whose box by the CAM rule, from the same map and at the best
	// fraction of its maximum, has an IoU of at least 0.5 with a true box. It is nil where the
	// split has no boxes. BoxThreshold is what val chose for such boxes, that fraction or a rule.
	// It is kept with the model, and empty where val chose nothing.
	GTKnown      *float64          `json:"gt_known,omitempty"`
	BoxThreshold section.Threshold `json:"box_threshold,omitempty"`
}

// EpochRecord holds the figures of one epoch, as the log keeps them.
type EpochRecord struct {
	Epoch int `json:"epoch"` // counts from 1
	Steps int `json:"steps"`
	// Loss is the sum of Losses, which are the means of each branch's loss over the batches, and
	// behind them those of SPG's B2, B1 and C.
	Loss   float64   `json:"loss"`
	Losses []float64 `json:"branch_losses"`
	// Top1 is the accuracy, in percent, on the training images as the network saw them: augmented,
	// and with the weights of the moment.
	Top1 float64 `json:"top1"`
	// LRBackbone and LRHeads are the learning rates of the last step.
	LRBackbone float64 `json:"lr_backbone"`
	LRHeads    float64 `json:"lr_heads"`
	Images     int     `json:"images"`
	Skipped    int     `json:"skipped"` // images that could not be read
	Seconds    float64 `json:"seconds"` // of training, without validation
	// Waited is the part of Seconds that the training waited for data, WaitedShare the same as a
	// share of Seconds from 0 to 1.
	Waited      float64     `json:"waited_seconds"`
	WaitedShare float64     `json:"waited_share"`
	ImagesPerS  float64     `json:"images_per_second"`
	Validation  *Validation `json:"val,omitempty"` // nil without a val split
	// Best says that no epoch before was as good, BestEpoch which epoch is the best so far, and
	// BestBy by which figure epochs are compared: the one that auto stands for, too.
	Best        bool   `json:"best"`
	BestEpoch   int    `json:"best_epoch"`
	BestBy      BestBy `json:"best_by,omitempty"`
	ThreadCount int    `json:"threads"`
	Kernels     string `json:"kernels"`
	// Ends says that the training ends with this epoch.
	Ends bool `json:"-"`
}

// finishEpoch validates the model, logs the epoch, saves the checkpoints and moves r.at to the
// next epoch. A first epoch saves the state before all that too: a log and models without a state
// are then never those of a training that a crash ended.
func (r *run) finishEpoch(ctx context.Context) error {
	rec := r.record()
	// So that what a crash leaves of the first epoch can be resumed. Of several ranks one may be
	// told to stop in the validation, of which the others learn when they have measured their part:
	// the launcher may not wait that long for the state.
	if !r.Store.HasState() || r.World.Size() > 1 && r.Validate != nil {
		if err := r.saveState(); err != nil {
			return err
		}
	}
	err := r.step.average.within(func() error { return r.judgeAndKeep(ctx, &rec) })
	switch {
	case errors.Is(err, errLeftVal) && r.World.Size() > 1: // the state is saved
		return ErrInterrupted
	case errors.Is(err, errLeftVal):
		return r.interrupt()
	case err != nil:
		return err
	}
	// The state comes last, so that a crash before it repeats the epoch.
	r.at.Epoch, r.at.Step, r.at.Sums = r.at.Epoch+1, 0, sums{}
	if err := r.saveState(); err != nil {
		return err
	}
	r.Observers.Epoch(rec)
	return nil
}

// errLeftVal says that a training was told to stop while it measured val.
var errLeftVal = errors.New("stopped within validation")

// judgeAndKeep measures val, logs the epoch and saves the model, while that has the values that are
// measured and kept: the average's, where there is one.
func (r *run) judgeAndKeep(ctx context.Context, rec *EpochRecord) error {
	if r.Validate != nil {
		v, err := r.Validate(ctx)
		if err != nil && (ctx.Err() != nil || errors.Is(err, context.Canceled)) {
			return errLeftVal
		}
		if err != nil {
			return fmt.Errorf("validating after epoch %d: %w", rec.Epoch, err)
		}
		rec.Validation = &v
	}
	score, by := r.Config.Best.score(rec)
	if r.at.BestEpoch == 0 || score > r.at.Best {
		r.at.Best, r.at.BestEpoch, rec.Best = score, rec.Epoch, true
	}
	rec.BestEpoch, rec.BestBy = r.at.BestEpoch, by
	rec.Ends = r.Config.Ended(rec.Epoch, rec.BestEpoch)
	if err := r.Store.AppendLog(*rec); err != nil {
		return err
	}
	sd, err := r.Model.State()
	if err != nil {
		return err
	}
	return r.Store.SaveModel(sd, *rec)
}

func (r *run) record() EpochRecord {
	s := r.at.Sums
	scale := r.Config.Schedule.Scale((r.at.Epoch+1)*r.perEpoch-1, r.perEpoch, r.Config.Epochs)
	b := r.Engine.Backend()
	rec := EpochRecord{
		Epoch: r.at.Epoch + 1, Steps: r.perEpoch, Top1: percent(s.Correct, s.Images),
		LRBackbone: r.Config.Optimizer.LRBackbone * scale, LRHeads: r.Config.Optimizer.LRHeads * scale,
		Images: s.Images, Skipped: s.Skipped, Seconds: s.Seconds,
		Waited: s.Waited, WaitedShare: s.Waited / s.Seconds, ImagesPerS: float64(s.Images) / s.Seconds,
		ThreadCount: b.Threads(), Kernels: backend.Describe(b),
	}
	batches := float64(r.perEpoch * r.Config.Accumulate)
	for _, l := range s.Losses {
		rec.Losses = append(rec.Losses, l/batches)
		rec.Loss += l / batches
	}
	return rec
}
