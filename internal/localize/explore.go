package localize

import (
	"errors"
	"fmt"
	"image"
	"slices"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/metric"
	"acol/internal/model"
	"acol/internal/section"
)

// Explorer tries settings on pictures that the network has seen already. Another class or delta
// costs the heads alone, another threshold not even these. Its results equal a Localizer's to the
// last digit. It is not safe for concurrent use.
type Explorer struct {
	l    *Localizer
	seen *model.Predictor // l's
	by   *model.Branchwise
}

// View is a picture as the network has seen it: the backbone's features of it.
type View struct {
	// Geometry says where the network's square input lies on the picture.
	Geometry pixels.Geometry
	// Logits are the first branch's, (K). They depend on no setting.
	Logits []float32

	features []float32     // (1,C,h,w)
	input    pixels.Inputs // the network's, where maps are refined
	// What the heads said last, and for which deltas; nil deltas before the first time.
	sight  sight
	deltas []float64
}

// Bytes is about the memory that a view takes.
func (v *View) Bytes() int {
	n := len(v.features) + len(v.input.X) + len(v.input.Bytes)/4 + len(v.Logits)
	for _, m := range v.sight.Maps {
		n += 2 * len(m.V) // of float64
	}
	return 4 * n
}

// Settings are what can be tried on a View.
type Settings struct {
	// Class is an index.
	Class int
	// Deltas are the erasing thresholds, 0 to 1, one for each branch but the last.
	Deltas []float64
	// Threshold is where the map is cut, as Config.Threshold says it.
	Threshold section.Threshold
	Rule      Rule
}

// Explore compiles a model on an engine for single pictures. The engine must stay open for as long
// as the Explorer is used. The options' Class and Batch do not matter; the maps are model.CAM's.
func Explore(e *engine.Engine, m *model.Model, o Options) (*Explorer, error) {
	o.Batch, o.Config.Class = 1, Predicted
	o.Config.Method, o.Config.Layer = model.CAM, ""
	l, err := Open(e, m, o)
	if err != nil {
		return nil, err
	}
	p := l.maps.(*model.Predictor)
	by, err := p.NewBranchwise(e)
	return &Explorer{l: l, seen: p, by: by}, err
}

// Deltas are the recipe's erasing thresholds, one for each branch but the last.
func (x *Explorer) Deltas() []float64 { return slices.Clone(x.l.branches.Deltas) }

// Classes are the names of the model's classes.
func (x *Explorer) Classes() []string { return x.l.opt.Classes }

// PictureError is of a picture that cannot become the network's input, such as one of no pixels.
type PictureError struct{ Err error }

func (e *PictureError) Error() string { return "localizing: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *PictureError) Unwrap() error { return e.Err }

// See shows a picture, which package pixels has decoded upright, to the network. One that cannot
// become the network's input is a *PictureError; a network whose output is no number is an error.
func (x *Explorer) See(img image.Image) (*View, error) {
	in := x.l.feeder.inputs(1)
	v := &View{}
	var err error
	if v.Geometry, err = data.TestInput(x.l.opt.Data, img, in); err != nil {
		return nil, &PictureError{err}
	}
	if err := x.seen.See(in, 1); err != nil {
		return nil, fmt.Errorf("localizing: %w", err)
	}
	if x.l.opt.Config.Refine {
		v.input = in
	}
	features, err := x.seen.Features()
	if err != nil {
		return nil, fmt.Errorf("localizing: %w", err)
	}
	v.features = slices.Clone(features)
	logits, _, err := x.by.Run(0, nil, []int{0})
	if err != nil {
		return nil, fmt.Errorf("localizing: %w", err)
	}
	v.Logits = logits[0]
	if !finite(v.Logits) {
		return nil, fmt.Errorf("localizing: %w", errNotFinite)
	}
	return v, nil
}

// Default are the settings of the recipe for a view: its most likely class.
func (x *Explorer) Default(v *View) Settings {
	return Settings{
		Class: metric.Top(v.Logits, 1)[0], Deltas: x.Deltas(),
		Threshold: x.l.opt.Config.Threshold, Rule: x.l.opt.Config.Rule,
	}
}

// Check is an error where a setting is out of its range.
func (x *Explorer) Check(s Settings) error {
	if s.Class < 0 || s.Class >= len(x.Classes()) {
		return fmt.Errorf("class %d is not in 0 to %d", s.Class, len(x.Classes())-1)
	}
	if len(s.Deltas) != len(x.l.branches.Deltas) {
		return fmt.Errorf("%d deltas for a model of %d", len(s.Deltas), len(x.l.branches.Deltas))
	}
	for _, d := range s.Deltas {
		if !(d >= 0 && d <= 1) {
			return fmt.Errorf("delta %g is not in 0 to 1", d)
		}
	}
	var wrong error
	cfg := x.l.opt.Config
	cfg.Threshold, cfg.Rule = s.Threshold, s.Rule
	cfg.Validate(func(key, msg string) {
		if key == "threshold" || key == "rule" {
			wrong = errors.Join(wrong, fmt.Errorf("%s %s", key, msg))
		}
	})
	return wrong
}

// Try gives what the model sees in a view with other settings. Settings out of their range are the
// error of Check.
func (x *Explorer) Try(v *View, s Settings) (*Result, error) {
	if err := x.Check(s); err != nil {
		return nil, err
	}
	if v.deltas == nil || v.sight.class != s.Class || !slices.Equal(v.deltas, s.Deltas) {
		seen, err := x.heads(v, s)
		if err != nil {
			return nil, fmt.Errorf("localizing: %w", err)
		}
		v.sight, v.deltas = seen, append([]float64{}, s.Deltas...)
	}
	l := *x.l
	l.branches.Deltas = s.Deltas
	l.opt.Config.Threshold, l.opt.Config.Rule = s.Threshold, s.Rule
	l.threshold = l.opt.threshold(l.opt.Kept)
	return l.result(v.Geometry, []sight{v.sight})
}

// heads runs the branches one after the other on the features of a view, and erases in between.
func (x *Explorer) heads(v *View, s Settings) (sight, error) {
	seen := sight{class: s.Class, in: v.input}
	if err := x.seen.SetFeatures(v.features); err != nil {
		return seen, err
	}
	var erased [][]bool
	for i := range x.l.branches.Kinds {
		logits, maps, err := x.by.Run(i, erased, []int{s.Class})
		if err != nil {
			return seen, err
		}
		seen.Logits, seen.Maps = append(seen.Logits, logits[0]), append(seen.Maps, maps[0])
		if i < len(s.Deltas) {
			erased = x.by.Erase(erased, maps, s.Deltas[i], x.l.branches.Compare)
		}
	}
	var err error
	seen.Fused, err = x.by.Fuse(seen.Maps, x.l.branches.Fusion)
	return seen, err
}
