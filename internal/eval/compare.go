package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"acol/internal/metric"
)

// Comparison sets two evaluations of the same images against each other.
type Comparison struct {
	A string `json:"a"`
	B string `json:"b"`
	// Images is the number of images in both. Those in one alone, OnlyA and OnlyB, are left out.
	Images    int          `json:"images"`
	OnlyA     int          `json:"only_a"`
	OnlyB     int          `json:"only_b"`
	Level     int          `json:"level"`
	Resamples int          `json:"resamples"`
	Seed      uint64       `json:"seed"`
	Method    string       `json:"method"`
	Figures   []Difference `json:"figures"`
	// NotCompared are the figures that one of the two lacks, or that the two have on different
	// grids of thresholds.
	NotCompared []string `json:"not_compared,omitempty"`
}

// Difference has a figure of both, in percent, on the images in both.
type Difference struct {
	Key  string  `json:"figure"`
	A    float64 `json:"a"`
	B    float64 `json:"b"`
	Diff float64 `json:"b_minus_a"`
	// Low and High are the interval of the difference, of a paired bootstrap.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// P is the two-sided p-value of a paired permutation test.
	P float64 `json:"p"`
}

// Compare compares two evaluations, whose images it matches by their ids. Its intervals come from
// drawing images, each with both of its results. Its test swaps the two results of each image
// with probability 1/2, which changes nothing under the hypothesis that neither evaluation is
// better. Both choose best thresholds anew.
func Compare(ctx context.Context, a, b *Records, opt Resampling) (*Comparison, error) {
	ta, tb, out := pair(a, b)
	if out.Images == 0 {
		return nil, errors.New("comparing: no image is in both")
	}
	if len(ta.figures) == 0 {
		return nil, errors.New("comparing: no figure is in both")
	}
	va, err := ta.values(ta.rows, nil)
	if err != nil {
		return nil, err
	}
	vb, err := tb.values(tb.rows, nil)
	if err != nil {
		return nil, err
	}
	progress := opt.Progress
	opt.Progress = halves(progress, 0)
	boot, err := resample(ctx, opt, func(rng *rand.Rand) ([]float64, error) {
		w := draw(rng, len(ta.rows))
		return difference(ta, tb, ta.rows, tb.rows, w)
	})
	if err != nil {
		return nil, err
	}
	opt.Seed++ // other numbers than the bootstrap's
	opt.Progress = halves(progress, opt.Resamples)
	swapped, err := resample(ctx, opt, func(rng *rand.Rand) ([]float64, error) {
		ra, rb := swap(rng, ta.rows, tb.rows)
		return difference(ta, tb, ra, rb, nil)
	})
	if err != nil {
		return nil, err
	}
	opt.Seed--
	out.Level, out.Resamples, out.Seed = Level, opt.Resamples, opt.Seed
	out.Method = "paired bootstrap over images for intervals, " +
		"paired permutation test (results of an image swapped) for p; " +
		"figures at best thresholds choose them anew"
	for i, f := range ta.figures {
		d := Difference{Key: f.key, A: va[i], B: vb[i], Diff: vb[i] - va[i]}
		if math.IsNaN(d.Diff) {
			continue
		}
		d.Low, d.High, _ = percentiles(boot, i)
		d.P = pValue(swapped, i, d.Diff)
		out.Figures = append(out.Figures, d)
	}
	return out, nil
}

// difference returns the figures of b's rows less those of a's.
func difference(ta, tb *recorded, ra, rb []row, weights []int32) ([]float64, error) {
	va, err := ta.values(ra, weights)
	if err != nil {
		return nil, err
	}
	vb, err := tb.values(rb, weights)
	for i := range vb {
		vb[i] -= va[i]
	}
	return vb, err
}

// swap returns the rows of both with the two of each image exchanged with probability 1/2.
func swap(rng *rand.Rand, a, b []row) (ra, rb []row) {
	ra, rb = make([]row, len(a)), make([]row, len(b))
	for i := range a {
		ra[i], rb[i] = a[i], b[i]
		if rng.Uint64()&1 == 1 {
			ra[i], rb[i] = b[i], a[i]
		}
	}
	return ra, rb
}

// pValue returns the share of the permutations, the data themselves among them, whose difference
// of figure i is at least as large as diff.
func pValue(swapped [][]float64, i int, diff float64) float64 {
	const rounding = 1e-9
	count := 1
	for _, s := range swapped {
		if math.Abs(s[i]) >= math.Abs(diff)-rounding {
			count++
		}
	}
	return float64(count) / float64(len(swapped)+1)
}

// pair returns the outcomes of the images in both, in the same order, by columns of the figures
// that both have.
func pair(a, b *Records) (ra, rb *recorded, out *Comparison) {
	out = &Comparison{A: a.Title, B: b.Title}
	place := map[string]int{}
	for i := range b.Images {
		place[b.Images[i].ID] = i
	}
	wholeA, wholeB := a.recorded(), b.recorded()
	both, ka, kb := common(wholeA.layout, wholeB.layout, &out.NotCompared)
	ra, rb = &recorded{layout: both}, &recorded{layout: both}
	for i := range a.Images {
		j, ok := place[a.Images[i].ID]
		if !ok {
			out.OnlyA++
			continue
		}
		ra.rows = append(ra.rows, wholeA.rows[i].pick(ka))
		rb.rows = append(rb.rows, wholeB.rows[j].pick(kb))
	}
	out.Images = len(ra.rows)
	out.OnlyB = len(b.Images) - out.Images
	return ra, rb, out
}

// common returns the layout of the figures that both have, in the order of a, and the places of
// its columns in each. Figures of one alone are added to dropped.
func common(a, b *layout, dropped *[]string) (both *layout, ka, kb []int) {
	both = &layout{}
	at := map[int]int{} // in both, by column of a
	for _, f := range a.figures {
		j := b.figure(f.key)
		if j < 0 || !sameGrids(a, b, f, b.figures[j]) {
			*dropped = append(*dropped, f.key)
			continue
		}
		kept := figure{key: f.key}
		for n, k := range f.columns {
			if _, ok := at[k]; !ok {
				at[k] = len(ka)
				ka, kb = append(ka, k), append(kb, b.figures[j].columns[n])
				both.columns = append(both.columns, a.columns[k])
			}
			kept.columns = append(kept.columns, at[k])
		}
		if f.columns == nil {
			both.bins = a.bins
		}
		both.figures = append(both.figures, kept)
	}
	for _, f := range b.figures {
		if a.figure(f.key) < 0 {
			*dropped = append(*dropped, f.key)
		}
	}
	return both, ka, kb
}

// figure returns the place of a figure, or -1.
func (l *layout) figure(key string) int {
	return slices.IndexFunc(l.figures, func(f figure) bool { return f.key == key })
}

// sameGrids reports whether the columns of two figures are on grids of the same lengths.
func sameGrids(a, b *layout, f, g figure) bool {
	if len(f.columns) != len(g.columns) || f.columns == nil && a.bins != b.bins {
		return false
	}
	for n := range f.columns {
		if a.columns[f.columns[n]].n != b.columns[g.columns[n]].n {
			return false
		}
	}
	return true
}

// pick returns the row with some of its columns.
func (r row) pick(columns []int) row {
	hits := make([]metric.Runs, len(columns))
	for i, k := range columns {
		hits[i] = r.hits[k]
	}
	return row{hits, r.object, r.other}
}

// halves returns the progress of one of two rounds, as that of both.
func halves(progress func(done, total int), before int) func(done, total int) {
	if progress == nil {
		return nil
	}
	return func(done, total int) { progress(before+done, 2*total) }
}
