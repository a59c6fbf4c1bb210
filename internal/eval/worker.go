package eval

import (
	"errors"
	"fmt"
	"math"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/metric"
)

// worker measures a share of the images.
type worker struct {
	ev      *Evaluator
	gauge   *gauge
	sheets  []*sheet // by map: the fused one, then those of branches
	tallies []*tally
	guesses *Confusion // nil where nobody asks
}

// newWorker returns a worker without images. Those of one goroutine can share a gauge.
func newWorker(ev *Evaluator, g *gauge, sheets []*sheet) *worker {
	w := &worker{ev: ev, gauge: g, sheets: sheets}
	for _, s := range sheets {
		w.tallies = append(w.tallies, s.layout.tally())
	}
	return w
}

// sheets returns what the named kinds of maps are measured by, at the thresholds in at too. The
// first is the fused map, whose sheet has the rows of the image as well.
func (ev *Evaluator) sheets(names []string, at map[string]Thresholds) ([]*sheet, error) {
	var sheets []*sheet
	for i, name := range names {
		s, err := newSheet(Figures(func(f *Figure) bool {
			return f.OfMap || i == 0
		}), at[name])
		if err != nil {
			return nil, err
		}
		sheets = append(sheets, s)
	}
	return sheets, nil
}

// seen is what an image gave: its fused score map, and what that and its logits say.
type seen struct {
	fused   cam.Map
	outcome outcome
	// box is that of the label's class at the stated threshold, in pixels of the map, and iou its
	// best with a true one; not valid and NaN of an image without boxes.
	box box.Box
	iou float64
}

// add measures an image.
func (w *worker) add(v view) (seen, error) {
	out, err := w.measure(v)
	if err != nil {
		return out, fmt.Errorf("%s: %w", v.sample.ID, err)
	}
	return out, nil
}

// measure measures an image and all of its maps.
func (w *worker) measure(v view) (out seen, err error) {
	truth := truthOf(v.sample, v.class, w.ev.opt.MapSize)
	m, err := maskOf(v.sample, w.ev.opt.MapSize)
	if err != nil {
		return out, err
	}
	label := likeliest(v.sample, v.logits)
	if err := w.gauge.classify(v.logits, label); err != nil {
		return out, err
	}
	if w.guesses != nil {
		guess := noGuess
		if w.gauge.rank >= 0 {
			guess = metric.Top(v.logits, 1)[0]
		}
		w.guesses.add(label, guess)
	}
	for i := range w.sheets {
		o, err := w.addMap(v, i, truth, m, &out.fused)
		if err != nil {
			return out, err
		}
		if i == 0 {
			out.outcome = o
		}
	}
	out.box, out.iou = box.Box{X1: -1, Y1: -1}, math.NaN()
	if known := w.gauge.found; len(known) > 0 {
		out.box, out.iou = known[0].box, known[0].statedIoU
	}
	return out, nil
}

// addMap measures one of the maps, and by the first, the fused one, the image too.
func (w *worker) addMap(v view, i int, truth []box.Box, m *mask, fused *cam.Map) (outcome, error) {
	low, logit := v.shown.Fused, v.logits[v.class]
	if i > 0 {
		low, logit = v.shown.Maps[i-1], v.shown.Logits[i-1][v.class]
	}
	score, state, err := w.ev.scoreMap(low, logit, v.sample)
	if err != nil {
		return outcome{}, err
	}
	if err := w.gauge.see(score, state, truth, m); err != nil {
		return outcome{}, err
	}
	if i == 0 {
		*fused = score
		if len(v.sample.Boxes) > 0 && w.ev.localizes() {
			if err := w.locate(v, score); err != nil {
				return outcome{}, err
			}
		}
	}
	o, err := w.gauge.outcome(w.sheets[i].rows)
	if err != nil {
		return o, err
	}
	return o, w.tallies[i].add(&o)
}

// locate finds the boxes of the classes of an image: its label's, and those of further labels
// among the first guesses. fused is the score map of the class that is shown.
func (w *worker) locate(v view, fused cam.Map) error {
	label, side := v.sample.Label, w.ev.opt.MapSize
	known := class{label, fused, truthOf(v.sample, label, side)}
	if v.class != label {
		var err error
		known.score, _, err = w.ev.scoreMap(v.known.Fused, v.logits[label], v.sample)
		if err != nil {
			return err
		}
	}
	classes := []class{known}
	for _, g := range v.others {
		score, _, err := w.ev.scoreMap(g.Fused, v.logits[g.class], v.sample)
		if err != nil {
			return err
		}
		truth := scaled(v.sample.BoxesOf(g.class), v.sample, side)
		classes = append(classes, class{g.class, score, truth})
	}
	return w.gauge.locate(classes, v.logits)
}

// likeliest returns the sample's label, or of several the one with the highest logit: top-k is
// right if any of them is among the first k.
func likeliest(s *data.Sample, logits []float32) int {
	best := s.Label
	for _, l := range s.Labels {
		if l >= 0 && l < len(logits) && logits[l] > logits[best] {
			best = l
		}
	}
	return best
}

// merge adds what another worker counted.
func (w *worker) merge(o *worker) error {
	var errs []error
	for i, t := range o.tallies {
		errs = append(errs, w.tallies[i].merge(t))
	}
	if w.guesses != nil {
		w.guesses.merge(o.guesses)
	}
	return errors.Join(errs...)
}

// book reads the figures of a kind of map.
func (w *worker) book(i int) (*Book, error) {
	return w.sheets[i].book(w.tallies[i], w.ev.threshold)
}

// report puts together what all workers counted, which were merged into w.
func (w *worker) report(skipped int) (*Report, error) {
	ev := w.ev
	r := &Report{
		Split: ev.split.Name, Images: w.tallies[0].images, Skipped: skipped,
		Classes: ev.model.Classes(), MapClass: ev.mapClass(), Source: ev.opt.Maps(),
		MapSize: ev.opt.MapSize, Inputs: 1, Confusion: w.guesses,
	}
	if ev.multi != nil {
		r.Inputs = ev.multi.inputs()
	}
	for i, name := range ev.mapNames() {
		b, err := w.book(i)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			r.Book = b
		}
		if b.Counted[MaxBoxAcc] > 0 || b.Counted[pxap] > 0 {
			r.Maps = append(r.Maps, MapBook{name, b})
		}
	}
	return r, nil
}
