package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
)

// Comparison holds two evaluations of the same images against each other.
type Comparison struct {
	A string `json:"a"`
	B string `json:"b"`
	// Images are in both; OnlyA and OnlyB in one, and left out.
	Images    int          `json:"images"`
	OnlyA     int          `json:"only_a"`
	OnlyB     int          `json:"only_b"`
	Level     int          `json:"level"`
	Resamples int          `json:"resamples"`
	Seed      uint64       `json:"seed"`
	Method    string       `json:"method"`
	Figures   []Difference `json:"figures"`
	// NotCompared are the figures that one of the two lacks or has on another grid of thresholds.
	NotCompared []string `json:"not_compared,omitempty"`
}

// Difference is a figure of both, in percent, on the images in both.
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

// Compare matches the images by their ids. Intervals draw images, with both results of
// each; the test swaps the two results of each image with probability 1/2, which under the
// hypothesis that neither is better changes nothing. Both choose best thresholds anew.
func Compare(ctx context.Context, a, b *Records, opt Resampling) (*Comparison, error) {
	ta, tb, out := pair(a, b)
	if out.Images == 0 {
		return nil, errors.New("comparing: no image is in both")
	}
	if len(ta.figures) == 0 {
		return nil, errors.New("comparing: no figure is in both")
	}
	va, err := ta.evaluate(ta.rows, nil)
	if err != nil {
		return nil, err
	}
	vb, err := tb.evaluate(tb.rows, nil)
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
	out.Method = "paired bootstrap over images for intervals, paired permutation test (results of an image swapped) for p; figures at best thresholds choose them anew"
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

func difference(ta, tb *table, ra, rb []row, weights []int32) ([]float64, error) {
	va, err := ta.evaluate(ra, weights)
	if err != nil {
		return nil, err
	}
	vb, err := tb.evaluate(rb, weights)
	for i := range vb {
		vb[i] -= va[i]
	}
	return vb, err
}

// swap exchanges the two results of each image with probability 1/2.
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

// pValue is the share of the permutations, the data themselves among them, whose difference is
// at least as large.
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

// pair makes tables with the same images and the same figures, in the same order.
func pair(a, b *Records) (ta, tb *table, out *Comparison) {
	out = &Comparison{A: a.Title, B: b.Title}
	place := map[string]int{}
	for i := range b.Images {
		place[b.Images[i].ID] = i
	}
	ta, tb = newTable(a), newTable(b)
	ka, kb := common(ta, tb, &out.NotCompared)
	var rowsA, rowsB []row
	for i := range a.Images {
		j, ok := place[a.Images[i].ID]
		if !ok {
			out.OnlyA++
			continue
		}
		rowsA = append(rowsA, pick(ta.rows[i], ka))
		rowsB = append(rowsB, pick(tb.rows[j], kb))
	}
	out.Images = len(rowsA)
	out.OnlyB = len(b.Images) - out.Images
	ta.rows, tb.rows = rowsA, rowsB
	return ta, tb, out
}

// common keeps the figures and columns of both, in the order of a, and gives their places in each.
func common(ta, tb *table, dropped *[]string) (ka, kb []int) {
	find := func(t *table, key string) int {
		for i, f := range t.figures {
			if f.key == key {
				return i
			}
		}
		return -1
	}
	var figures []figure
	var lengths []int
	at := map[int]int{} // of the columns of a
	for _, f := range ta.figures {
		j := find(tb, f.key)
		if j < 0 || !sameGrids(ta, tb, f, tb.figures[j]) {
			*dropped = append(*dropped, f.key)
			continue
		}
		kept := figure{key: f.key}
		for n, k := range f.columns {
			if _, ok := at[k]; !ok {
				at[k] = len(ka)
				ka, kb = append(ka, k), append(kb, tb.figures[j].columns[n])
				lengths = append(lengths, ta.lengths[k])
			}
			kept.columns = append(kept.columns, at[k])
		}
		figures = append(figures, kept)
	}
	for _, f := range tb.figures {
		if find(ta, f.key) < 0 {
			*dropped = append(*dropped, f.key)
		}
	}
	ta.figures, ta.lengths = figures, lengths
	tb.figures, tb.lengths = figures, lengths
	return ka, kb
}

func sameGrids(ta, tb *table, f, g figure) bool {
	if len(f.columns) != len(g.columns) || f.columns == nil && ta.bins != tb.bins {
		return false
	}
	for n := range f.columns {
		if ta.lengths[f.columns[n]] != tb.lengths[g.columns[n]] {
			return false
		}
	}
	return true
}

func pick(r row, columns []int) row {
	hits := r.hits
	r.hits = nil
	for _, k := range columns {
		r.hits = append(r.hits, hits[k])
	}
	return r
}

// halves makes progress of two rounds of one.
func halves(progress func(done, total int), before int) func(done, total int) {
	if progress == nil {
		return nil
	}
	return func(done, total int) { progress(before+done, 2*total) }
}
