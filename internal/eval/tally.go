package eval

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"

	"acol/internal/metric"
)

// layout lists what outcomes are counted in and the figures that this gives. It is made from the
// rows of the table for an evaluation that runs, and from the head of a file of records.
type layout struct {
	columns []column
	figures []figure
	bins    int // of the pixels' histograms; 0 without
	shares  []string
}

// column is an accuracy: at the best of the thresholds of a row, or at one that was chosen.
type column struct {
	key  string
	n    int // thresholds
	from int // the place of its row's hits in an outcome
	at   int // the one threshold that counts; all where it is negative
}

// figure is the mean of the accuracies of some columns. PxAP has none.
type figure struct {
	key     string
	columns []int
}

// newLayout returns the layout of hits by curve: a column for each, and one more at the threshold
// that val chose.
func newLayout(curves []CurveInfo, bins int) *layout {
	l := &layout{bins: bins}
	means := map[string][]int{}
	add := func(row string, c column, key func(row string) string) {
		k := len(l.columns)
		c.key = key(row)
		l.columns = append(l.columns, c)
		l.figures = append(l.figures, figure{c.key, []int{k}})
		for i := range table {
			if p := table[i].MeanOf; p != "" && strings.HasPrefix(row, p) {
				mean := key(table[i].Key)
				means[mean] = append(means[mean], k)
			}
		}
	}
	for k, c := range curves {
		add(c.Name, column{n: c.Thresholds, from: k, at: -1}, func(row string) string { return row })
	}
	for k, c := range curves {
		if c.Chosen != nil {
			add(c.Name, column{n: 1, from: k, at: *c.Chosen}, atVal)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(means)) {
		l.figures = append(l.figures, figure{key, means[key]})
	}
	if bins > 0 {
		l.figures = append(l.figures, figure{key: pxap})
	}
	return l
}

// at returns the layout whose columns, as many as those of l, are at chosen thresholds alone.
func (l *layout) at(chosen []int) *layout {
	fixed := *l
	fixed.columns = slices.Clone(l.columns)
	for k := range fixed.columns {
		fixed.columns[k].n, fixed.columns[k].at = 1, chosen[k]
	}
	return &fixed
}

// of returns what counts for the column of an outcome's hits.
func (c *column) of(hits []metric.Runs) metric.Runs {
	if c.at >= 0 {
		return hits[c.from].Only(c.at)
	}
	return hits[c.from]
}

// spread returns the hits of an outcome by column.
func (l *layout) spread(hits []metric.Runs) []metric.Runs {
	out := make([]metric.Runs, len(l.columns))
	for k := range l.columns {
		out[k] = l.columns[k].of(hits)
	}
	return out
}

// tally counts outcomes. It is the one accumulator of an evaluation: workers have one each for
// every kind of map and merge them, and a resample of recorded outcomes is counted in one too.
// It holds integers alone, so that figures do not depend on the order of images to the last bit.
type tally struct {
	*layout
	images int
	curves []*metric.Curve // by column
	shares []*metric.Mean
	pixels *metric.PixelCurve
	marked [numMarks]int
}

func (l *layout) tally() *tally {
	t := &tally{layout: l, pixels: metric.NewPixelCurve(l.bins)}
	for _, c := range l.columns {
		t.curves = append(t.curves, metric.NewCurve(c.n))
	}
	for range l.shares {
		t.shares = append(t.shares, &metric.Mean{})
	}
	return t
}

// add counts an outcome of an image.
func (t *tally) add(o *outcome) error {
	t.images++
	for i, v := range o.shares {
		if v == v {
			t.shares[i].Add(v)
		}
	}
	for m := o.marks; m != 0; m &= m - 1 {
		t.marked[bits.TrailingZeros32(uint32(m))]++
	}
	t.addHits(o.hits)
	if t.bins == 0 {
		return nil
	}
	return t.pixels.Add(o.object, o.other, 1)
}

// addHits counts the hits of an outcome.
func (t *tally) addHits(hits []metric.Runs) {
	for k := range t.columns {
		t.curves[k].Add(t.columns[k].of(hits), 1)
	}
}

// addRow counts a recorded outcome, weight times.
func (t *tally) addRow(r *row, weight int64) error {
	for k, runs := range r.hits {
		t.curves[k].Add(runs, weight)
	}
	if t.bins == 0 {
		return nil
	}
	return t.pixels.Add(r.object, r.other, weight)
}

// merge adds what another worker counted in the same layout.
func (t *tally) merge(u *tally) error {
	if len(t.curves) != len(u.curves) || len(t.shares) != len(u.shares) {
		return fmt.Errorf("merging tallies of %d figures and %d shares: want %d and %d",
			len(u.curves), len(u.shares), len(t.curves), len(t.shares))
	}
	t.images += u.images
	for i, s := range u.shares {
		t.shares[i].Merge(s)
	}
	for i, n := range u.marked {
		t.marked[i] += n
	}
	errs := []error{t.pixels.Merge(u.pixels)}
	for k, c := range u.curves {
		errs = append(errs, t.curves[k].Merge(c))
	}
	return errors.Join(errs...)
}

// values returns the layout's figures in percent. A figure of no image is NaN.
func (t *tally) values() []float64 {
	best := make([]float64, len(t.curves))
	for k, c := range t.curves {
		if _, best[k] = c.Best(); c.Images() == 0 {
			best[k] = math.NaN()
		}
	}
	out := make([]float64, len(t.figures))
	for i, f := range t.figures {
		if f.columns == nil {
			out[i] = t.averagePrecision()
			continue
		}
		out[i] = meanOf(best, f.columns)
	}
	return out
}

// meanOf returns the mean of some of the accuracies.
func meanOf(accuracies []float64, of []int) float64 {
	sum := 0.0
	for _, k := range of {
		sum += accuracies[k]
	}
	return sum / float64(len(of))
}

// averagePrecision is NaN where no image has a pixel of an object.
func (t *tally) averagePrecision() float64 {
	ap, err := t.pixels.AveragePrecision()
	if err != nil {
		return math.NaN()
	}
	return ap
}

// best returns the lowest of the best thresholds of each column, as a place on its grid.
func (t *tally) best() []int {
	out := make([]int, len(t.curves))
	for k, c := range t.curves {
		out[k], _ = c.Best()
	}
	return out
}
