package eval

import (
	"fmt"
	"math"
	"slices"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/metric"
	"acol/internal/scoremap"
)

// outcome is what one image says by one kind of map. It is counted by a tally and, where records
// are kept, becomes the image's record.
type outcome struct {
	hits          []metric.Runs // by row with hits; nil where the image does not count
	shares        []float64     // by row with a share; NaN where the image does not count
	object, other metric.Histogram
	marks         marks
	state         cam.State
	ending        string // how localization ended; empty where it was not measured
}

// marks is a set of what a report counts images by, besides figures.
type marks uint32

// The marks of an image: what its map and its logits are, and how localization ended.
const (
	constantMap marks = 1 << iota
	nanMap
	constantBoxed // constant, of an image with boxes
	nanBoxed
	nanLogits
	firstEnding // one bit for each of endings, from here on

	numMarks = 5 + len(endings)
)

// marksOf returns the marks of an image by its map, by whether the map was measured against boxes,
// by its logits and by how localization ended, which is empty where it was not measured.
func marksOf(state cam.State, boxed, nan bool, ending string) (m marks) {
	switch state {
	case cam.Constant:
		m = constantMap
	case cam.NaN:
		m = nanMap
	}
	if boxed {
		m |= m << 2 // to constantBoxed and nanBoxed
	}
	if nan {
		m |= nanLogits
	}
	if i := slices.Index(endings[:], ending); i >= 0 {
		m |= firstEnding << i
	}
	return m
}

// gauge holds the instruments of one worker and what they read of the image at hand. The rows of
// the table turn that into an outcome.
type gauge struct {
	boxes     *metric.BoxHits
	bins      *metric.PixelBins
	cuts      cam.Fractions
	stated    scoremap.Threshold
	fractions []float64     // ascending: those of fractionGrid and the stated one
	statedAt  int           // its place among them; -1 where a rule finds it for each map
	onGrid    []int         // those of fractionGrid
	single    cam.Extractor // of the boxes at the fractions that a rule finds

	// Of the map at hand.
	score    cam.Map
	state    cam.State
	truth    []box.Box // in pixels of the map
	mask     *mask
	shares   [2]float64 // coverage and precision
	measured bool       // shares are those of this map

	// Of the image at hand.
	rank   int // of its likeliest label among the guesses; -1 where a logit is NaN
	found  []found
	ending string
}

// found is a class that the image has, as its score map shows it.
type found struct {
	rank  int       // among the guesses; -1 where the logits are not finite
	iou   []float64 // best with a true box of the class, by fraction
	truth []box.Box

	// At the stated fraction.
	box       box.Box
	statedIoU float64
}

// newGauge returns a gauge that measures localization and coverage at a stated threshold too.
func newGauge(stated scoremap.Threshold) *gauge {
	g := &gauge{
		boxes: metric.NewBoxHits(scoreGrid), bins: metric.NewPixelBins(scoreGrid), stated: stated,
		fractions: fractionGrid.Values(), statedAt: -1,
	}
	for i := range fractionGrid.N {
		g.onGrid = append(g.onGrid, i)
	}
	if stated.Rule != "" {
		return g
	}
	at, there := slices.BinarySearch(g.fractions, stated.Fraction)
	if g.statedAt = at; !there {
		g.fractions = slices.Insert(g.fractions, at, stated.Fraction)
		for i := at; i < len(g.onGrid); i++ {
			g.onGrid[i]++
		}
	}
	return g
}

// see takes a map of the image at hand with the truth: boxes in pixels of the map, and a mask. An
// image without has no boxes and a nil mask.
func (g *gauge) see(score cam.Map, state cam.State, truth []box.Box, m *mask) error {
	g.score, g.state, g.truth, g.mask, g.measured = score, state, truth, m, false
	if len(truth) == 0 {
		return nil
	}
	return g.boxes.Set(score, truth)
}

// classify takes the logits, axes (K), of the next image and the label to find among them.
func (g *gauge) classify(logits []float32, label int) (err error) {
	g.found, g.ending = g.found[:0], ""
	g.rank, err = metric.Rank(logits, label)
	return err
}

// class is a class that an image has, with its score map and its true boxes in pixels of the map.
type class struct {
	index int
	score cam.Map
	truth []box.Box
}

// locate finds the boxes of the classes that the image at hand has, its label first, by the CAM
// rule. A guess of another class is never right, whatever its box, so that the maps of other
// classes are not needed. Logits that are not finite guess nothing.
func (g *gauge) locate(classes []class, logits []float32) error {
	finite := !slices.ContainsFunc(logits, notFinite)
	g.ending = endWrongClass
	for _, c := range classes {
		if err := g.cuts.Set(c.score, g.fractions); err != nil {
			return err
		}
		f := found{rank: -1, iou: make([]float64, len(g.fractions)), truth: c.truth}
		var err error
		for i := range f.iou {
			if f.iou[i], err = metric.BestIoU(g.cuts.Box(i), c.truth); err != nil {
				return fmt.Errorf("localization: class %d: %w", c.index, err)
			}
		}
		if err := g.cutStated(&f, c); err != nil {
			return fmt.Errorf("localization: class %d: %w", c.index, err)
		}
		if finite {
			if f.rank, err = metric.Rank(logits, c.index); err != nil {
				return err
			}
		}
		if f.rank == 0 {
			if g.ending, err = endingOf(f.box, f.truth); err != nil {
				return err
			}
		}
		g.found = append(g.found, f)
	}
	return nil
}

// cutStated finds the box of a class at the stated threshold, after g.cuts has its map.
func (g *gauge) cutStated(f *found, c class) (err error) {
	if g.statedAt >= 0 {
		f.box, f.statedIoU = g.cuts.Box(g.statedAt), f.iou[g.statedAt]
		return nil
	}
	if f.box, err = g.single.LargestComponent(c.score, g.stated.Of(c.score)); err != nil {
		return err
	}
	f.statedIoU, err = metric.BestIoU(f.box, c.truth)
	return err
}

// has reports whether a row can be measured on the image at hand.
func (g *gauge) has(f *Figure) bool {
	switch {
	case f.Need == Masks:
		return g.mask != nil
	case f.Need == Boxes && f.OfMap:
		return len(g.truth) > 0
	case f.Need == Boxes:
		return len(g.found) > 0
	}
	return true
}

// outcome measures the rows on the image and the map at hand.
func (g *gauge) outcome(rows []*Figure) (o outcome, err error) {
	for _, f := range rows {
		has := g.has(f)
		switch {
		case f.hits != nil:
			var runs metric.Runs
			if has {
				runs, err = f.hits(g)
			}
			o.hits = append(o.hits, runs)
		case f.share != nil:
			share := math.NaN()
			if has {
				share, err = f.share(g)
			}
			o.shares = append(o.shares, share)
		case f.pixels && has:
			o.object, o.other, err = g.bins.Count(g.score, g.mask.object, g.mask.ignore)
		}
		if err != nil {
			return o, err
		}
	}
	o.state, o.ending = g.state, g.ending
	o.marks = marksOf(g.state, len(g.truth) > 0, g.rank < 0, g.ending)
	return o, nil
}

// coverage returns metric.Coverage of the map at hand at the stated threshold.
func (g *gauge) coverage() (coverage, precision float64, err error) {
	if !g.measured {
		g.shares[0], g.shares[1], err = metric.Coverage(g.score, g.stated.Of(g.score), g.truth)
		g.measured = err == nil
	}
	return g.shares[0], g.shares[1], err
}

// boxHits makes a row of the boxes of contours that reach an IoU of delta percent.
func boxHits(mode cam.Contours, delta int) func(*gauge) (metric.Runs, error) {
	return func(g *gauge) (metric.Runs, error) { return g.boxes.Hits(mode, delta) }
}

// topHits makes a row of images whose label is among the first k guesses.
func topHits(k int) func(*gauge) (metric.Runs, error) {
	return func(g *gauge) (metric.Runs, error) {
		return metric.Single(g.rank >= 0 && g.rank < k), nil
	}
}

// byLabel is the number of guesses of GT-known localization, which knows the label.
const byLabel = 0

// located makes a row of top-k localization at the fractions of fractionGrid: one of the first k
// guesses is a class of the image, and the box of that class's map reaches an IoU of delta
// percent. byLabel takes the label's map, whatever was guessed.
func located(k, delta int) func(*gauge) (metric.Runs, error) {
	return func(g *gauge) (metric.Runs, error) {
		return metric.RunsOf(fractionGrid.N, func(i int) bool {
			return g.isLocated(k, delta, func(f *found) float64 { return f.iou[g.onGrid[i]] })
		}), nil
	}
}

// locatedAtStated makes the same row at the stated threshold alone.
func locatedAtStated(k, delta int) func(*gauge) (metric.Runs, error) {
	return func(g *gauge) (metric.Runs, error) {
		at := func(f *found) float64 { return f.statedIoU }
		return metric.Single(g.isLocated(k, delta, at)), nil
	}
}

// isLocated reports whether one of the first k guesses is localized, or with byLabel whether the
// label is, by the IoU of the box at some fraction.
func (g *gauge) isLocated(k, delta int, iou func(*found) float64) bool {
	for i := range g.found {
		f := &g.found[i]
		asked := f.rank >= 0 && f.rank < k
		if k == byLabel {
			asked = i == 0
		}
		if asked && iou(f) >= float64(delta)/100 {
			return true
		}
	}
	return false
}

// notFinite reports whether a logit is NaN or infinite.
func notFinite(x float32) bool { return x-x != 0 }

// mask is the truth about a sample's pixels, by pixels of a score map.
type mask struct{ object, ignore []bool }

// maskOf decodes a sample's masks for maps of side x side pixels; nil where it has none.
func maskOf(s *data.Sample, side int) (*mask, error) {
	object, ignore, err := s.Mask(side)
	if object == nil || err != nil {
		return nil, err
	}
	return &mask{object, ignore}, nil
}

// boxesFor returns the sample's boxes of a class, or all of its boxes where none is known to be
// of that class.
func boxesFor(s *data.Sample, class int) []box.Box {
	if boxes := s.BoxesOf(class); len(boxes) > 0 {
		return boxes
	}
	return s.Boxes
}

// truthOf returns boxesFor in pixels of a score map of side x side pixels.
func truthOf(s *data.Sample, class, side int) []box.Box {
	return scaled(boxesFor(s, class), s, side)
}

// scaled returns boxes of the sample's image in pixels of a score map of side x side pixels.
func scaled(boxes []box.Box, s *data.Sample, side int) []box.Box {
	var out []box.Box
	for _, b := range boxes {
		out = append(out, b.Scale(s.Width, s.Height, side, side))
	}
	return out
}
