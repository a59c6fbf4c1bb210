package eval

import (
	"slices"

	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/loader"
	"acol/internal/data/pixels"
	"acol/internal/metric"
	"acol/internal/model"
	"acol/internal/scoremap"
)

// network predicts the maps of one class for each of the images at hand.
type network interface {
	Localize(classes []int) ([]model.Prediction, error)
}

// view is what the network says of one image.
type view struct {
	sample *data.Sample
	logits []float32        // of the first branch
	known  model.Prediction // of the true class
	shown  model.Prediction // of the class whose maps are measured
	class  int              // that class
	others []guess          // of further labels, where these are among the first guesses
}

// guess is what the network says of an image for one class.
type guess struct {
	class int
	model.Prediction
}

// topLoc is the largest k of the table's rows of top-k localization.
const topLoc = 5

// predict runs the network on a batch.
func (ev *Evaluator) predict(b *loader.Batch) ([]view, error) {
	if ev.multi == nil {
		if err := ev.maps.See(b.Inputs, b.N); err != nil {
			return nil, err
		}
	}
	known, err := ev.net.Localize(b.Labels)
	if err != nil {
		return nil, err
	}
	views := make([]view, b.N)
	for i := range views {
		views[i] = view{
			sample: &ev.split.Samples[b.Indices[i]], logits: known[i].Logits[0],
			known: known[i], shown: known[i], class: b.Labels[i],
		}
	}
	if err := ev.addOthers(views); err != nil {
		return nil, err
	}
	return views, ev.show(views)
}

// addOthers adds the maps of the further labels of images with several, where these are among the
// first guesses and have true boxes, since top-k localization may be right by any of them.
func (ev *Evaluator) addOthers(views []view) error {
	if !ev.localizes() {
		return nil
	}
	wanted := make([][]int, len(views))
	rounds := 0
	for i, v := range views {
		first := metric.Top(v.logits, topLoc)
		for _, l := range v.sample.Labels {
			if l != v.sample.Label && slices.Contains(first, l) && len(v.sample.BoxesOf(l)) > 0 {
				wanted[i] = append(wanted[i], l)
			}
		}
		rounds = max(rounds, len(wanted[i]))
	}
	for r := range rounds {
		classes := make([]int, len(views))
		for i, v := range views {
			if classes[i] = v.class; r < len(wanted[i]) {
				classes[i] = wanted[i][r]
			}
		}
		preds, err := ev.net.Localize(classes)
		if err != nil {
			return err
		}
		for i := range views {
			if r < len(wanted[i]) {
				views[i].others = append(views[i].others, guess{classes[i], preds[i]})
			}
		}
	}
	return nil
}

// show picks the maps that are measured, where they are not those of the label. A network whose
// logits are not finite predicts no class; the label's maps are taken then.
func (ev *Evaluator) show(views []view) error {
	if ev.opt.Class == TrueClass {
		return nil
	}
	classes := make([]int, len(views))
	for i, v := range views {
		switch {
		case ev.opt.Class != TopClass:
			classes[i] = ev.shown
		case slices.ContainsFunc(v.logits, notFinite):
			classes[i] = v.class
		default:
			classes[i] = metric.Top(v.logits, 1)[0]
		}
	}
	preds, err := ev.net.Localize(classes)
	if err != nil {
		return err
	}
	for i := range views {
		views[i].shown, views[i].class = preds[i], classes[i]
	}
	return nil
}

// localizes reports whether localization is measured.
func (ev *Evaluator) localizes() bool { return ev.split.HasBoxes }

// mapClass names the class whose maps are measured.
func (ev *Evaluator) mapClass() string {
	switch c := ev.opt.Class; c {
	case TrueClass, TopClass:
		return string(c)
	}
	return ev.split.Classes[ev.shown]
}

// scoreMap returns the score map of the whole image that a low-resolution map of its input gives.
// The logit is that of the map's class. A state other than cam.OK says why the map is zeros.
func (ev *Evaluator) scoreMap(
	low cam.Map, logit float32, s *data.Sample,
) (score cam.Map, state cam.State, err error) {
	score, state = scoremap.Of(low, ev.opt.MapSize)
	if state == cam.Constant && notFinite(logit) {
		state = cam.NaN // the network's map was zeroed for it
	}
	in := ev.cfg.Input
	whole := in.Resize == pixels.Warp && in.TestResize == in.Size
	if state != cam.OK || ev.multi != nil || whole {
		return score, state, nil
	}
	// The network saw a crop: nothing is claimed outside of it.
	width, height := s.Width, s.Height
	if width == 0 { // of a sample without boxes
		if width, height, err = pixels.Size(s.Path, !ev.split.Stored); err != nil {
			return score, state, err
		}
	}
	g, err := in.TestGeometry(width, height)
	if err != nil {
		return score, state, err
	}
	return scoremap.Reframe(g, score)
}
