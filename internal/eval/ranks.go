package eval

import (
	"context"
	"fmt"
	"hash/crc64"
	"slices"

	"acol/internal/data"
	"acol/internal/metric"
	"acol/internal/mpi"
)

// share returns the split with the images of one rank alone, and the place of the first of them.
func share(split *data.Split, w *mpi.World) (*data.Split, int) {
	if w.Size() == 1 {
		return split, 0
	}
	mine := *split
	from, to := w.Part(len(split.Samples))
	mine.Samples = split.Samples[from:to]
	if w.Rank() > 0 {
		mine.LeftOut = 0 // which rank 0 counts
	}
	return &mine, from
}

// Part returns the range of the images, by their places in the split, that this rank measures.
func (ev *Evaluator) Part() (from, to int) { return ev.first, ev.first + len(ev.split.Samples) }

// Listed is a checksum of a split's images and of their labels, in their order. Ranks whose
// checksums are equal can share the images out.
func Listed(split *data.Split) string {
	h := crc64.New(crc64.MakeTable(crc64.ECMA))
	for i := range split.Samples {
		s := &split.Samples[i]
		fmt.Fprintf(h, "%q %d %v %v\n", s.ID, s.Label, s.Labels, s.Boxes)
	}
	return fmt.Sprintf("%d images, %016x", len(split.Samples), h.Sum64())
}

// Listed is Listed of the split.
func (ev *Evaluator) Listed() string { return Listed(ev.whole) }

// counted is what a rank measured of its images.
type counted struct {
	Tallies []tallied
	Guesses []guessed
	Skipped int
	Records []Record
	Stopped bool // the rank was told to stop
}

// tallied is a tally without its layout.
type tallied struct {
	Images int
	Curves []*metric.Curve
	Shares []*metric.Mean
	Pixels *metric.PixelCurve
	Marked [numMarks]int
}

// guessed is an entry of a Confusion.
type guessed struct{ Label, Guess, Images int }

// gather makes what this rank counted and kept that of all ranks. Records come in the order of the
// split.
// It is a context.Canceled on all ranks where one of them was told to stop.
func (w *worker) gather(
	records []Record, skipped int, stopped bool,
) ([]Record, int, error) {
	ranks := w.ev.opt.World
	if ranks.Size() == 1 {
		return records, skipped, nil
	}
	mine := counted{Stopped: true}
	if !stopped {
		mine = w.counted(records, skipped)
	}
	all, err := mpi.Gather(ranks, mine)
	if slices.ContainsFunc(all, func(c counted) bool { return c.Stopped }) {
		err = context.Canceled
	}
	if err != nil {
		return nil, 0, fmt.Errorf("evaluating %s: %w", w.ev.split.Name, err)
	}
	records, skipped = nil, 0
	for r, c := range all {
		skipped += c.Skipped
		records = append(records, c.Records...)
		if r == ranks.Rank() {
			continue
		}
		if err := w.merge(w.like(c)); err != nil {
			return nil, 0, fmt.Errorf("evaluating %s: rank %d: %w", w.ev.split.Name, r, err)
		}
	}
	return records, skipped, nil
}

// counted returns what a worker says of itself to other ranks.
func (w *worker) counted(records []Record, skipped int) counted {
	c := counted{Records: records, Skipped: skipped}
	for _, t := range w.tallies {
		c.Tallies = append(c.Tallies, tallied{t.images, t.curves, t.shares, t.pixels, t.marked})
	}
	for t, n := range w.guesses.counts {
		c.Guesses = append(c.Guesses, guessed{t.label, t.guess, n})
	}
	return c
}

// like returns a worker that counted what another rank did.
func (w *worker) like(c counted) *worker {
	o := newWorker(w.ev, nil, w.sheets)
	o.guesses = newConfusion(w.guesses.Classes)
	for i, t := range c.Tallies {
		o.tallies[i] = &tally{
			layout: w.tallies[i].layout, images: t.Images, curves: t.Curves, shares: t.Shares,
			pixels: t.Pixels, marked: t.Marked,
		}
	}
	for _, g := range c.Guesses {
		o.guesses.counts[taken{g.Label, g.Guess}] = g.Images
	}
	return o
}
