package eval

import (
	"math"

	"acol/internal/model"
	"acol/internal/section"
)

// Origin says which model was measured.
type Origin struct {
	Run        string
	Checkpoint string // file
	Epoch      int
	Trained    string // the method of the training
	Weights    string // the checksum of the file's tensors; empty is not reported
	Kernels    string // that computed the maps; empty is not reported
}

func (m *Origin) set(o *object) {
	if m == nil {
		return
	}
	o.set("run", m.Run)
	o.set("checkpoint", m.Checkpoint)
	o.set("epoch", m.Epoch)
	o.set("trained_by", m.Trained)
	if m.Weights != "" {
		o.set("weights", m.Weights)
	}
	if m.Kernels != "" {
		o.set("kernels", m.Kernels)
	}
}

// Report is what was measured of a model on a split. Its JSON has the figures of the table under
// their keys.
type Report struct {
	// Origin is the model's; nil is not reported.
	Origin *Origin
	Split  string
	// Images were measured, Skipped could not be read.
	Images, Skipped int
	Classes         int
	// MapClass is the class whose maps were measured: gt, predicted or a class's name.
	MapClass string
	// Source says how the maps were made. Its layer is not empty but of model.CAM.
	Source  model.MapSource
	MapSize int
	// Inputs is how many inputs of an image were merged: 1, or crops times scales.
	Inputs int
	// Book has the figures of the fused map, of classification and of localization.
	*Book
	// Maps are the books of the fused map and of each branch's; empty without boxes and masks.
	Maps []MapBook
	// Confusion counts what the images of each class were taken for.
	Confusion *Confusion
	// BySize and ByClass are there where records are.
	BySize, ByClass []Group
	// Intervals are nil unless they were drawn.
	Intervals *Intervals
	// Records are of the fused map; nil unless the evaluator keeps them.
	Records *Records
}

// MapBook has the figures of a kind of map.
type MapBook struct {
	Name string
	*Book
}

// Has reports whether images of the split have the truth that a figure needs.
func (r *Report) Has(need Truth) bool {
	switch need {
	case Boxes:
		return r.Counted[GTKnown] > 0 || r.Counted[MaxBoxAcc] > 0
	case Masks:
		return r.Counted[pxap] > 0
	}
	return r.Images > 0
}

// Fused returns the book of the fused map; nil where the split has no boxes and no masks.
func (r *Report) Fused() *Book {
	if len(r.Maps) == 0 {
		return nil
	}
	return r.Maps[0].Book
}

// Chosen returns the best thresholds of this split by the names of its maps, for Evaluator.At.
func (r *Report) Chosen() map[string]Thresholds {
	c := map[string]Thresholds{}
	for _, m := range r.Maps {
		c[m.Name] = m.Best
	}
	return c
}

// BoxThreshold returns what this split chooses for boxes by the CAM rule. That is the fraction of a
// map's maximum at which GT-known localization of the fused map is best, or the rule that the
// report is stated at, where this is as good within one standard error: a rule has not been fitted
// to the split, and suits each map. It is empty where the split has no boxes, and where no box is
// right at any fraction, since such a split chooses nothing.
func (r *Report) BoxThreshold() section.Threshold {
	best, ok := r.Values[GTKnown]
	if !ok || best == 0 {
		return ""
	}
	share := best / 100
	allowed := 100 * math.Sqrt(share*(1-share)/float64(r.Counted[GTKnown]))
	if rule := r.Stated.Rule; rule != "" && r.Values[localization+"gt_known"] >= best-allowed {
		return rule
	}
	return section.Fraction(r.Best[GTKnown])
}

// MarshalJSON writes the report as docs/evaluation.md describes it.
func (r *Report) MarshalJSON() ([]byte, error) {
	o := &object{}
	r.Origin.set(o)
	o.set("split", r.Split)
	o.set("images", r.Images)
	o.set("skipped", r.Skipped)
	o.set("classes", r.Classes)
	o.set("map_class", r.MapClass)
	setSource(o, r.Source)
	o.set("map_size", r.MapSize)
	o.set("inputs", r.Inputs)
	for _, f := range Figures(func(f *Figure) bool { return f.Need == Label }) {
		o.set(f.Key, r.Values[f.Key])
	}
	o.set("nan_logits", r.NaNLogits())
	if r.Confusion != nil {
		o.set("confusion", r.Confusion)
	}
	r.setScores(o)
	r.setLocalization(o)
	if len(r.Maps) > 0 {
		o.set("maps", r.Maps)
	}
	setGroups(o, r.BySize, r.ByClass, r.Intervals)
	return o.MarshalJSON()
}

// setSource sets how maps were made.
func setSource(o *object, s model.MapSource) {
	if s.IsCAM() {
		o.set("method", model.CAM)
		return
	}
	o.set("method", s.Method)
	o.set("layer", s.Layer)
}

func setGroups(o *object, bySize, byClass []Group, ci *Intervals) {
	if len(bySize) > 0 {
		o.set("by_size", bySize)
	}
	if len(byClass) > 0 {
		o.set("by_class", byClass)
	}
	if ci != nil {
		o.set("intervals", ci)
	}
}

// MarshalJSON writes the book of a map. Figures of boxes are 0 where the split has none, since
// the keys boxes and masks say how many images were measured; only PxAP is left out.
func (m MapBook) MarshalJSON() ([]byte, error) {
	o := &object{}
	o.set("name", m.Name)
	o.set("boxes", m.Counted[MaxBoxAcc])
	o.set("masks", m.Counted[pxap])
	m.setCounts(o, "")
	rows := Figures(boxRows)
	for _, f := range rows {
		o.set(f.Key, m.Values[f.Key])
	}
	for _, f := range rows {
		if f.hits != nil {
			o.set("thresholds."+f.Key, m.Best[f.Key])
		}
	}
	o.set("threshold", m.Best[MaxBoxAcc])
	m.setAtVal(o)
	for _, f := range Figures(func(f *Figure) bool { return f.OfMap && f.Need == Masks }) {
		if v, ok := m.Values[f.Key]; ok {
			o.set(f.Key, v)
		}
	}
	m.setShares(o)
	return o.MarshalJSON()
}

// setShares sets the means of shares, 0 where the split has no boxes.
func (b *Book) setShares(o *object) {
	for _, f := range Figures((*Figure).IsShare) {
		o.set(f.Key, b.Values[f.Key])
	}
}
