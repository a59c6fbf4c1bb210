package metric

import (
	"strconv"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
)

// refDeltas are the reference's IoU thresholds of MaxBoxAccV2, in percent.
var refDeltas = []int{30, 50, 70}

// boxCurve is one of the accuracies that the boxes of a map give.
type boxCurve struct {
	mode  cam.Contours
	delta int // IoU in percent
}

// boxAcc counts MaxBoxAcc and the parts of MaxBoxAccV2 over images: BoxHits and a Curve for each.
type boxAcc struct {
	grid Grid
	hits *BoxHits
	of   map[boxCurve]*Curve
}

// boxResult has the figures at the best thresholds.
type boxResult struct {
	one, oneAt  float64
	all, allAt  map[string]float64
	maxBoxAccV2 float64
}

func newAcc(t testing.TB, step float64) *boxAcc {
	t.Helper()
	g, err := NewGrid(step)
	if err != nil {
		t.Fatal(err)
	}
	a := &boxAcc{grid: g, hits: NewBoxHits(g), of: map[boxCurve]*Curve{}}
	for _, mode := range []cam.Contours{cam.Largest, cam.All} {
		for _, d := range refDeltas {
			a.of[boxCurve{mode, d}] = NewCurve(g.N)
		}
	}
	return a
}

func (a *boxAcc) add(score cam.Map, truth []box.Box) error {
	if err := a.hits.Set(score, truth); err != nil {
		return err
	}
	for of, c := range a.of {
		runs, err := a.hits.Hits(of.mode, of.delta)
		if err != nil {
			return err
		}
		c.Add(runs, 1)
	}
	return nil
}

func (a *boxAcc) merge(t *testing.T, b *boxAcc) {
	t.Helper()
	for of, c := range b.of {
		if err := a.of[of].Merge(c); err != nil {
			t.Fatal(err)
		}
	}
}

func (a *boxAcc) images() int { return a.of[boxCurve{cam.Largest, 50}].Images() }

func (a *boxAcc) result() boxResult {
	r := boxResult{all: map[string]float64{}, allAt: map[string]float64{}}
	i, v := a.of[boxCurve{cam.Largest, 50}].Best()
	r.one, r.oneAt = v, a.grid.At(i)
	for _, d := range refDeltas {
		i, v := a.of[boxCurve{cam.All, d}].Best()
		r.all[strconv.Itoa(d)], r.allAt[strconv.Itoa(d)] = v, a.grid.At(i)
		r.maxBoxAccV2 += v
	}
	r.maxBoxAccV2 /= float64(len(refDeltas))
	return r
}

// curve returns the accuracy at each threshold.
func (a *boxAcc) curve(mode cam.Contours, delta int) []float64 {
	return a.of[boxCurve{mode, delta}].Accuracies()
}
