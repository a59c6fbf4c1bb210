package metric

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"acol/internal/cam"
)

// PxAP accumulates the pixel average precision of score maps against masks (Choe et
// al., section 3.3; MaskEvaluator in wsolevaluation): histograms of the scores
// at true and at false pixels, pooled over all images.
type PxAP struct {
	step   float64
	edges  []float64 // of the bins: the thresholds, then 1, 2, 3
	images int
	object []int64
	other  []int64
	last   Pixels
}

// Pixels are the histograms of one image, by bin: the i-th holds the scores from
// threshold i to below the next one, the one after the last threshold holds 1.
type Pixels struct {
	Object, Other []uint32
}

// NewPxAP has the thresholds of NewBoxAcc.
func NewPxAP(step float64) (*PxAP, error) {
	taus, err := thresholds(step)
	if err != nil {
		return nil, err
	}
	a := &PxAP{step: step, edges: append(taus, 1, 2, 3)}
	bins := len(a.edges) - 1
	a.object, a.other = make([]int64, bins), make([]int64, bins)
	a.last = Pixels{make([]uint32, bins), make([]uint32, bins)}
	return a, nil
}

// Add counts an image: its score map with values in [0,1], and for each of its pixels
// whether it is of the object, or else to be ignored. After an error nothing is counted.
func (a *PxAP) Add(score cam.Map, object, ignore []bool) error {
	if len(score.V) == 0 || len(object) != len(score.V) || len(ignore) != len(score.V) {
		return fmt.Errorf("pixel precision: masks of %d and %d pixels, want %d", len(object), len(ignore), len(score.V))
	}
	clear(a.last.Object)
	clear(a.last.Other)
	for i, v := range score.V {
		if !(v >= 0 && v <= 1) {
			return fmt.Errorf("pixel precision: value %g at row %d, column %d, want [0,1]", v, i/score.W, i%score.W)
		}
		switch {
		case object[i]:
			a.last.Object[a.bin(v)]++
		case !ignore[i]:
			a.last.Other[a.bin(v)]++
		}
	}
	for k, n := range a.last.Object {
		a.object[k] += int64(n)
		a.other[k] += int64(a.last.Other[k])
	}
	a.images++
	return nil
}

// bin is the last edge that is not above v: np.histogram's half-open bins.
func (a *PxAP) bin(v float64) int {
	k := int(v / a.step)
	for k > 0 && a.edges[k] > v {
		k--
	}
	for a.edges[k+1] <= v {
		k++
	}
	return k
}

// Pixels are the histograms of the image added last, valid until the next one.
func (a *PxAP) Pixels() Pixels { return a.last }

// Merge adds what b counted, which must have the same thresholds.
func (a *PxAP) Merge(b *PxAP) error {
	if a.step != b.step {
		return fmt.Errorf("merging pixel precisions: step %g, want %g", b.step, a.step)
	}
	a.images += b.images
	for k := range a.object {
		a.object[k] += b.object[k]
		a.other[k] += b.other[k]
	}
	return nil
}

// Images is how many were counted.
func (a *PxAP) Images() int { return a.images }

// errNoObject is of images without any true pixel, where recall means nothing.
var errNoObject = errors.New("pixel precision: no pixel of an object in any mask")

// Result is PxAP in percent: the sum of precision times the gain of recall from the highest
// threshold to the lowest, without interpolation.
func (a *PxAP) Result() (float64, error) { return AveragePrecision(a.object, a.other) }

// AveragePrecision is PxAP in percent of pooled histograms of the scores, by ascending bin, at
// pixels of objects and at others. No pixel of an object is an error.
func AveragePrecision[N int64 | float64](object, other []N) (float64, error) {
	var all, tp, fp N
	for _, n := range object {
		all += n
	}
	if all == 0 {
		return 0, errNoObject
	}
	area, before := 0.0, 0.0
	for k := len(object) - 1; k >= 0; k-- {
		tp += object[k]
		fp += other[k]
		recall := float64(tp) / float64(all)
		// The reference takes the area from the second highest bin on, which
		// loses nothing: scores end at 1 and that bin begins at 2.
		if tp+fp != 0 && k < len(object)-1 {
			area += float64(tp) / float64(tp+fp) * (recall - before)
		}
		before = recall
	}
	return 100 * area, nil
}

// PRCurve gives precision and recall in percent of the pixels at or above each threshold
// of the grid; the precision of no pixel at all is 0.
func (a *PxAP) PRCurve() (precision, recall []float64) {
	n := len(a.edges) - 3
	precision, recall = make([]float64, n), make([]float64, n)
	var all, tp, fp int64
	for _, c := range a.object {
		all += c
	}
	share := func(part, of int64) float64 {
		if of == 0 {
			return 0
		}
		return 100 * float64(part) / float64(of)
	}
	for k := len(a.object) - 1; k >= 0; k-- {
		tp += a.object[k]
		fp += a.other[k]
		if k < n {
			precision[k], recall[k] = share(tp, tp+fp), share(tp, all)
		}
	}
	return precision, recall
}

// Thresholds returns the grid, float64(i)*step.
func (a *PxAP) Thresholds() []float64 { return slices.Clone(a.edges[:len(a.edges)-3]) }

// thresholds are float64(i)*step for i in 0..ceil(1/step)-1.
func thresholds(step float64) ([]float64, error) {
	if !(step >= 1e-5 && step <= 1) {
		return nil, fmt.Errorf("threshold step %g, want 1e-5 to 1", step)
	}
	var taus []float64
	for i := range int(math.Ceil(1 / step)) {
		taus = append(taus, float64(i)*step)
	}
	return taus, nil
}
