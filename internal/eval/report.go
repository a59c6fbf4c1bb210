package eval

import "acol/internal/metric"

// FusedName is the name of the fused map in a report.
const FusedName = "fused"

// Report is what was measured on a split, accuracies in percent.
type Report struct {
	Split string `json:"split"`
	// Images were measured, Skipped could not be read.
	Images  int `json:"images"`
	Skipped int `json:"skipped"`
	Classes int `json:"classes"`
	// MapClass is the class whose maps were measured: gt, predicted or a class's name.
	MapClass string `json:"map_class"`
	MapSize  int    `json:"map_size"`
	// Top1 and Top5 are classification accuracies of the first branch.
	Top1      float64 `json:"top1"`
	Top5      float64 `json:"top5"`
	NaNLogits int     `json:"nan_logits"`
	// Localization is by the ILSVRC rule at one threshold; nil without boxes.
	Localization *Localization `json:"localization,omitempty"`
	// Maps are the fused map's figures, then each branch's; empty without boxes.
	Maps []MapReport `json:"maps,omitempty"`
}

// Localization holds accuracies at IoU 50 of the boxes of the fused map at a
// fraction of its maximum.
type Localization struct {
	Threshold float64 `json:"threshold"`
	metric.LocalizationResult
}

// MapReport is what one kind of map reaches.
type MapReport struct {
	Name string `json:"name"`
	// Boxes is the number of images with true boxes.
	Boxes int `json:"boxes"`
	// MaxBoxAcc and the like are at the thresholds that are best on this very
	// split, an oracle: the reference's figure. Threshold is that of MaxBoxAcc.
	metric.BoxResult
	Threshold float64 `json:"threshold"`
	// AtVal are the same figures at the thresholds that are best on val.
	AtVal *metric.BoxResult `json:"at_val_threshold,omitempty"`
	// Coverage and Precision are of the foreground at the localization threshold.
	Coverage  float64 `json:"coverage"`
	Precision float64 `json:"precision"`
}

// Fused is the report of the fused map; nil where the split has no boxes.
func (r *Report) Fused() *MapReport {
	if len(r.Maps) == 0 {
		return nil
	}
	return &r.Maps[0]
}

// Taus are the best thresholds of each map, by its name, for another split.
func (r *Report) Taus() map[string]metric.Taus {
	out := map[string]metric.Taus{}
	for _, m := range r.Maps {
		out[m.Name] = m.Thresholds
	}
	return out
}

func (w *worker) report(skipped int) (*Report, error) {
	ev := w.ev
	top := w.top.Result()
	r := &Report{
		Split: ev.split.Name, Images: top.Images, Skipped: skipped, Classes: ev.model.Classes(),
		MapClass: "gt", MapSize: ev.opt.MapSize, Top1: top.Top1, Top5: top.Top5, NaNLogits: top.NaNLogits,
	}
	switch ev.opt.Class {
	case Predicted:
		r.MapClass = "predicted"
	case Named:
		r.MapClass = ev.split.Classes[ev.opt.Index]
	}
	if loc := w.loc.Result(); loc.Images > 0 {
		r.Localization = &Localization{ev.opt.Threshold, loc}
	}
	for i, name := range w.names {
		if w.boxes[i].Images() == 0 {
			continue
		}
		cover := w.cover[i].Result()
		m := MapReport{
			Name: name, Boxes: w.boxes[i].Images(), BoxResult: w.boxes[i].Result(),
			Coverage: cover.Coverage, Precision: cover.Precision,
		}
		m.Threshold = m.Thresholds.MaxBoxAcc
		if taus, ok := ev.At[name]; ok {
			at, err := w.boxes[i].At(taus)
			if err != nil {
				return nil, err
			}
			m.AtVal = &at
		}
		r.Maps = append(r.Maps, m)
	}
	return r, nil
}
