package eval

import (
	"fmt"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/metric"
	"acol/internal/model"
)

// worker accumulates a share of the images.
type worker struct {
	ev    *Evaluator
	names []string
	boxes []*metric.BoxAcc // by map
	cover []*metric.MeanCoverage
	top   metric.TopK
	loc   metric.Localization
	cut   cam.Extractor
}

func (ev *Evaluator) newWorker() (*worker, error) {
	w := &worker{ev: ev, names: ev.MapNames()}
	for range w.names {
		b, err := metric.NewBoxAcc(metric.Step, metric.Deltas())
		if err != nil {
			return nil, err
		}
		w.boxes = append(w.boxes, b)
		w.cover = append(w.cover, &metric.MeanCoverage{})
	}
	return w, nil
}

// add measures an image and gives its fused score map.
func (w *worker) add(v view) (cam.Map, error) {
	label := v.sample.Label
	if err := w.top.Add(v.logits, label); err != nil {
		return cam.Map{}, fmt.Errorf("%s: %w", v.sample.ID, err)
	}
	fused, err := w.addMaps(v)
	if err == nil && len(v.sample.Boxes) > 0 && w.ev.localizes() {
		err = w.addLocalization(v)
	}
	if err != nil {
		return cam.Map{}, fmt.Errorf("%s: %w", v.sample.ID, err)
	}
	return fused, nil
}

// addMaps measures the fused map and those of the branches against the truth.
func (w *worker) addMaps(v view) (fused cam.Map, err error) {
	truth := w.ev.truth(v.sample)
	maps := append([]cam.Map{v.shown.Fused}, v.shown.Maps...)
	for i := range w.names {
		logit := v.logits[v.class]
		if i > 0 {
			logit = v.shown.Logits[i-1][v.class]
		}
		score, state, err := w.ev.scoreMap(maps[i], logit, v.sample)
		if err != nil {
			return fused, err
		}
		if i == 0 {
			fused = score
		}
		if len(truth) == 0 {
			continue
		}
		if err := w.boxes[i].Add(score, state, truth); err != nil {
			return fused, err
		}
		if err := w.cover[i].Add(score, w.ev.opt.Threshold, truth); err != nil {
			return fused, err
		}
	}
	return fused, nil
}

// addLocalization counts top-k localization at the stated threshold.
func (w *worker) addLocalization(v view) error {
	label := v.sample.Label
	var truth []metric.Instance
	for _, b := range w.ev.truth(v.sample) {
		truth = append(truth, metric.Instance{Class: label, Box: b})
	}
	known, err := w.instance(v, label, v.known)
	if err != nil {
		return err
	}
	var guesses []metric.Instance
	for _, g := range v.guesses {
		at, err := w.instance(v, g.class, g.Prediction)
		if err != nil {
			return err
		}
		guesses = append(guesses, at)
	}
	return w.loc.Add(known, guesses, truth)
}

// instance is the box of a class by the CAM rule: the largest component above
// the threshold. A map without foreground has the box (0,0)-(0,0).
func (w *worker) instance(v view, class int, p model.Prediction) (metric.Instance, error) {
	score, state, err := w.ev.scoreMap(p.Fused, v.logits[class], v.sample)
	if err != nil {
		return metric.Instance{}, err
	}
	var b box.Box
	if state == cam.OK {
		if b, err = w.cut.LargestComponent(score, w.ev.opt.Threshold); err != nil {
			return metric.Instance{}, err
		}
	}
	return metric.Instance{Class: class, Box: b}, nil
}

func (w *worker) merge(o *worker) error {
	for i := range w.boxes {
		if err := w.boxes[i].Merge(o.boxes[i]); err != nil {
			return err
		}
		w.cover[i].Merge(o.cover[i])
	}
	w.top.Merge(&o.top)
	w.loc.Merge(&o.loc)
	return nil
}
