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
	// Inputs is how many inputs of an image were merged: 1, or crops times scales.
	Inputs int `json:"inputs"`
	// Top1 and Top5 are classification accuracies of the first branch.
	Top1      float64 `json:"top1"`
	Top5      float64 `json:"top5"`
	NaNLogits int     `json:"nan_logits"`
	// Scores are the figures of the fused map, under the same keys as those of score maps in files.
	Scores
	// Localization is by the ILSVRC rule; nil without boxes.
	Localization *Localization `json:"localization,omitempty"`
	// Maps are the fused map's figures, then each branch's; empty without boxes and masks.
	Maps      []MapReport `json:"maps,omitempty"`
	BySize    []Group     `json:"by_size,omitempty"`
	ByClass   []Group     `json:"by_class,omitempty"`
	Intervals *Intervals  `json:"intervals,omitempty"`
	// Records are of the fused map; nil unless the evaluator keeps them.
	Records *Records     `json:"-"`
	Curve   []CurvePoint `json:"-"`
}

// MapReport is what one kind of map reaches.
type MapReport struct {
	Name string `json:"name"`
	// Boxes is the number of images with true boxes, Masks that of images with masks.
	Boxes int `json:"boxes"`
	Masks int `json:"masks"`
	// MaxBoxAcc and the like are at the thresholds that are best on this very
	// split, an oracle: the reference's figure. Threshold is that of MaxBoxAcc.
	metric.BoxResult
	Threshold float64 `json:"threshold"`
	// AtVal are the same figures at the thresholds that are best on val.
	AtVal *metric.BoxResult `json:"at_val_threshold,omitempty"`
	PxAP  *float64          `json:"pxap,omitempty"`
	// Coverage and Precision are of the foreground at the localization threshold.
	Coverage  float64 `json:"coverage"`
	Precision float64 `json:"precision"`
}

// Fused is the report of the fused map; nil where the split has no boxes and no masks.
func (r *Report) Fused() *MapReport {
	if len(r.Maps) == 0 {
		return nil
	}
	return &r.Maps[0]
}

// Chosen are thresholds that are best on one split, for another.
type Chosen struct {
	// Maps are those of each map, by its name.
	Maps map[string]metric.Taus
	// Localization is the fraction at which GT-known is best; nil without boxes.
	Localization *float64
}

// Chosen are the best thresholds of this split.
func (r *Report) Chosen() Chosen {
	c := Chosen{Maps: map[string]metric.Taus{}}
	for _, m := range r.Maps {
		if m.Boxes > 0 {
			c.Maps[m.Name] = m.Thresholds
		}
	}
	if r.Localization != nil {
		tau := r.Localization.Oracle.Thresholds[locNames[0]]
		c.Localization = &tau
	}
	return c
}

func (w *worker) report(skipped int) (*Report, error) {
	ev := w.ev
	top := w.top.Result()
	r := &Report{
		Split: ev.split.Name, Images: top.Images, Skipped: skipped, Classes: ev.model.Classes(),
		MapClass: "gt", MapSize: ev.opt.MapSize, Inputs: 1, Top1: top.Top1, Top5: top.Top5, NaNLogits: top.NaNLogits,
	}
	if ev.multi != nil {
		r.Inputs = ev.multi.inputs()
	}
	switch ev.opt.Class {
	case Predicted:
		r.MapClass = "predicted"
	case Named:
		r.MapClass = ev.split.Classes[ev.opt.Index]
	}
	r.Localization = w.loc.report(ev.At.Localization)
	for i, name := range w.names {
		m, scores, err := w.mapReport(i, name)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			r.Scores = scores
		}
		if m.Boxes > 0 || m.Masks > 0 {
			r.Maps = append(r.Maps, m)
		}
	}
	var err error
	r.Curve, err = w.maps[0].curve()
	return r, err
}

func (w *worker) mapReport(i int, name string) (MapReport, Scores, error) {
	c, cover := w.maps[i], w.cover[i].Result()
	m := MapReport{
		Name: name, Boxes: c.boxes.Images(), Masks: c.pixels.Images(), BoxResult: c.boxes.Result(),
		Coverage: cover.Coverage, Precision: cover.Precision,
	}
	m.Threshold = m.Thresholds.MaxBoxAcc
	var at *metric.Taus
	if taus, ok := w.ev.At.Maps[name]; ok {
		at = &taus
	}
	scores, err := c.scores(at)
	m.AtVal, m.PxAP = scores.AtVal, scores.PxAP
	return m, scores, err
}

// records puts together what the images gave.
func (w *worker) records(images []Record) *Records {
	ev := w.ev
	r := &Records{Title: ev.Title, Split: ev.split.Name, Classes: ev.split.Classes, Images: images}
	r.Curves = append(w.maps[0].curves(), CurveInfo{Name: "top1", Thresholds: 1}, CurveInfo{Name: "top5", Thresholds: 1})
	r.Curves = append(r.Curves, locCurves()...)
	if w.maps[0].pixels.Images() > 0 {
		r.Bins = len(w.maps[0].pixels.Pixels().Object)
	}
	if taus, ok := ev.At.Maps[FusedName]; ok {
		r.chooseBoxes(&taus)
	}
	if tau := ev.At.Localization; tau != nil {
		for _, name := range locNames {
			r.choose(oracleLoc+name, *tau)
		}
	}
	return r
}
