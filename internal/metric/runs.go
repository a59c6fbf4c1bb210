package metric

import (
	"fmt"
	"slices"

	"acol/internal/cam"
)

// Runs are the thresholds at which an image is right, as indices of a grid: [from,to)
// each, ascending and apart.
type Runs [][2]int32

// RunsOf lists the runs of n thresholds.
func RunsOf(n int, right func(i int) bool) Runs {
	runs := Runs{}
	for i := range n {
		switch last := len(runs) - 1; {
		case !right(i):
		case last >= 0 && runs[last][1] == int32(i):
			runs[last][1]++
		default:
			runs = append(runs, [2]int32{int32(i), int32(i + 1)})
		}
	}
	return runs
}

// Check says what is wrong with runs of a grid of n thresholds.
func (r Runs) Check(n int) error {
	end := int32(-1)
	for _, run := range r {
		if run[0] <= end || run[1] <= run[0] || int(run[1]) > n {
			return fmt.Errorf("runs %v: want ascending [from,to) within 0 to %d", [][2]int32(r), n)
		}
		end = run[1]
	}
	return nil
}

// Has says whether the image is right at threshold i.
func (r Runs) Has(i int) bool {
	return slices.ContainsFunc(r, func(run [2]int32) bool { return run[0] <= int32(i) && int32(i) < run[1] })
}

// Hits are the thresholds at which the image added last is right.
func (a *BoxAcc) Hits(mode cam.Contours, delta int) (Runs, error) {
	k, err := a.curve(mode, delta)
	if err != nil || a.images == 0 {
		return nil, err
	}
	best, least := a.best[mode], float64(a.deltas[k])/100
	return RunsOf(len(a.thresholds), func(i int) bool { return best[a.cuts[i]] >= least }), nil
}

// Curve counts images by the thresholds of a grid at which each is right.
type Curve struct {
	images int
	right  []int
}

// NewCurve has n thresholds.
func NewCurve(n int) *Curve { return &Curve{right: make([]int, n)} }

// Add counts an image.
func (c *Curve) Add(r Runs) {
	c.images++
	for _, run := range r {
		for i := run[0]; i < run[1]; i++ {
			c.right[i]++
		}
	}
}

// Merge adds what d counted, which has as many thresholds.
func (c *Curve) Merge(d *Curve) {
	c.images += d.images
	for i, n := range d.right {
		c.right[i] += n
	}
}

// Images is how many were counted.
func (c *Curve) Images() int { return c.images }

// Best is the first of the best thresholds, with the accuracy in percent there.
func (c *Curve) Best() (i int, accuracy float64) {
	i = slices.Index(c.right, slices.Max(c.right))
	return i, c.At(i)
}

// At is the accuracy in percent at a threshold.
func (c *Curve) At(i int) float64 { return percent(c.right[i], c.images) }

// Only is the outcome at threshold i alone, on a grid of one; nil stays nil.
func (r Runs) Only(i int) Runs {
	switch {
	case r == nil:
		return nil
	case r.Has(i):
		return Runs{{0, 1}}
	}
	return Runs{}
}
