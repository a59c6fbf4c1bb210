package eval

import (
	"fmt"
	"slices"

	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/metric"
)

// worker accumulates a share of the images.
type worker struct {
	ev    *Evaluator
	names []string
	maps  []*scorer // by map
	cover []*metric.MeanCoverage
	top   metric.TopK
	loc   *localizer
}

func (ev *Evaluator) newWorker() (*worker, error) {
	w := &worker{ev: ev, names: ev.MapNames(), loc: newLocalizer(ev.opt.Threshold)}
	for range w.names {
		c, err := newScorer(ev.opt.MapSize)
		if err != nil {
			return nil, err
		}
		w.maps = append(w.maps, c)
		w.cover = append(w.cover, &metric.MeanCoverage{})
	}
	return w, nil
}

// share makes w use the buffers of a worker of the same goroutine.
func (w *worker) share(o *worker) {
	for i := range w.maps {
		w.maps[i].boxes.Share(o.maps[i].boxes)
	}
	w.loc.cut, w.loc.sweep = o.loc.cut, o.loc.sweep
}

// seen is what an image gave.
type seen struct {
	fused  cam.Map
	record Record
}

// add measures an image.
func (w *worker) add(v view) (seen, error) {
	out, err := w.measure(v)
	if err != nil {
		return out, fmt.Errorf("%s: %w", v.sample.ID, err)
	}
	return out, nil
}

func (w *worker) measure(v view) (seen, error) {
	label := v.sample.Label
	out := seen{record: newRecord(v.sample)}
	likely := likeliest(v.sample, v.logits)
	if err := w.top.Add(v.logits, likely); err != nil {
		return out, err
	}
	state, err := w.addMaps(v, &out)
	if err != nil {
		return out, err
	}
	rec := &out.record
	if err := w.maps[0].record(rec, state); err != nil {
		return out, err
	}
	rank := slices.Index(metric.Top(v.logits, topLoc), likely)
	if slices.ContainsFunc(v.logits, isNaN) {
		rank = -1
	}
	rec.Hits = append(rec.Hits, single(rank == 0), single(rank >= 0))
	if len(v.sample.Boxes) == 0 || !w.ev.localizes() {
		rec.Hits = append(rec.Hits, make([]metric.Runs, len(locCurves()))...)
		return out, nil
	}
	known := located{label, out.fused, truth(v.sample, label, w.ev.opt.MapSize)}
	if v.class != label {
		if known.score, _, err = w.ev.scoreMap(v.known.Fused, v.logits[label], v.sample); err != nil {
			return out, err
		}
	}
	classes := []located{known}
	for _, g := range v.others {
		score, _, err := w.ev.scoreMap(g.Fused, v.logits[g.class], v.sample)
		if err != nil {
			return out, err
		}
		classes = append(classes, located{g.class, score, scaled(v.sample.BoxesOf(g.class), v.sample, w.ev.opt.MapSize)})
	}
	rec.Outcome, err = w.loc.add(classes, v.logits)
	rec.Hits = append(rec.Hits, w.loc.hits...)
	return out, err
}

// likeliest is the sample's label, of several the one with the highest logit: top-k is right
// if any of them is among the first k.
func likeliest(s *data.Sample, logits []float32) int {
	best := s.Label
	for _, l := range s.Labels {
		if l >= 0 && l < len(logits) && logits[l] > logits[best] {
			best = l
		}
	}
	return best
}

func isNaN(x float32) bool { return x != x }

// addMaps measures the fused map, whose state it gives, and those of the branches
// against the truth.
func (w *worker) addMaps(v view, out *seen) (fused cam.State, err error) {
	known := truth(v.sample, v.class, w.ev.opt.MapSize)
	m, err := maskOf(v.sample, w.ev.opt.MapSize)
	if err != nil {
		return 0, err
	}
	maps := append([]cam.Map{v.shown.Fused}, v.shown.Maps...)
	for i := range w.names {
		logit := v.logits[v.class]
		if i > 0 {
			logit = v.shown.Logits[i-1][v.class]
		}
		score, state, err := w.ev.scoreMap(maps[i], logit, v.sample)
		if err != nil {
			return 0, err
		}
		if i == 0 {
			out.fused, fused = score, state
		}
		if err := w.maps[i].add(score, state, known, m); err != nil {
			return 0, err
		}
		if len(known) == 0 {
			continue
		}
		if err := w.cover[i].Add(score, w.ev.opt.Threshold, known); err != nil {
			return 0, err
		}
	}
	return fused, nil
}

func (w *worker) merge(o *worker) error {
	for i := range w.maps {
		if err := w.maps[i].merge(o.maps[i]); err != nil {
			return err
		}
		w.cover[i].Merge(o.cover[i])
	}
	w.top.Merge(&o.top)
	w.loc.merge(o.loc)
	return nil
}
