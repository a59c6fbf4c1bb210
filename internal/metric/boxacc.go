package metric

import (
	"errors"
	"fmt"
	"slices"

	"acol/internal/box"
	"acol/internal/cam"
)

// BoxAcc accumulates MaxBoxAcc and MaxBoxAccV2 (Choe et al.): for every
// threshold tau of a grid and every IoU threshold delta, how many images have a
// box of IoU >= delta/100 with a true one. MaxBoxAcc takes the box of the
// largest contour at tau, MaxBoxAccV2 those of all contours; both come from one
// sweep over a map's thresholds.
type BoxAcc struct {
	step       float64
	thresholds []float64
	deltas     []int
	images     int
	constant   int
	nan        int
	// right counts images: by contours, delta, threshold.
	right [2][][]int

	sweep *cam.Sweep
	cuts  []int        // of the current map, by threshold
	best  [2][]float64 // best IoU in it, by contours and cut
}

// Step is the reference's distance between thresholds.
const Step = 0.001

// Deltas returns the reference's IoU thresholds of MaxBoxAccV2, in percent.
func Deltas() []int { return []int{30, 50, 70} }

// NewBoxAcc has thresholds float64(i)*step for i in 0..ceil(1/step)-1, as
// np.arange(0, 1, step) gives them, and IoU thresholds in percent, among which
// must be the 50 of MaxBoxAcc. MaxBoxAccV2 is the mean over all of them.
func NewBoxAcc(step float64, deltas []int) (*BoxAcc, error) {
	taus, err := thresholds(step)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(deltas, 50) {
		return nil, fmt.Errorf("IoU thresholds %v percent: 50 is missing, which MaxBoxAcc needs", deltas)
	}
	for i, d := range deltas {
		if d < 1 || d > 100 || slices.Contains(deltas[:i], d) {
			return nil, fmt.Errorf("IoU thresholds %v percent: want each in 1 to 100, once", deltas)
		}
	}
	a := &BoxAcc{step: step, deltas: slices.Clone(deltas), thresholds: taus, sweep: &cam.Sweep{}}
	a.cuts = make([]int, len(a.thresholds))
	for mode := range a.right {
		a.best[mode] = make([]float64, 256)
		for range deltas {
			a.right[mode] = append(a.right[mode], make([]int, len(a.thresholds)))
		}
	}
	return a, nil
}

var errNoTruth = errors.New("image without a true box")

// Add counts an image: its score map, normalised to [0,1] (a NaN or another
// value is an error), what cam.Normalize said of it, and its true boxes in
// pixels of the map, of which there must be one. After an error nothing is
// counted.
func (a *BoxAcc) Add(score cam.Map, state cam.State, truth []box.Box) error {
	if len(truth) == 0 {
		return errNoTruth
	}
	if err := checkBoxes(truth...); err != nil {
		return fmt.Errorf("box accuracy: true %w", err)
	}
	if err := a.sweep.Set(score); err != nil {
		return fmt.Errorf("box accuracy: %w", err)
	}
	a.images++
	switch state {
	case cam.Constant:
		a.constant++
	case cam.NaN:
		a.nan++
	}
	a.match(truth)
	for i, tau := range a.thresholds {
		a.cuts[i] = a.sweep.Cut(tau)
	}
	for mode := range a.right {
		for k, delta := range a.deltas {
			a.count(a.right[mode][k], a.best[mode], float64(delta)/100)
		}
	}
	return nil
}

// match finds the best IoU at each cut of the map.
func (a *BoxAcc) match(truth []box.Box) {
	one, all := a.best[cam.Largest], a.best[cam.All]
	clear(one)
	clear(all)
	for t := range a.sweep.Cuts() {
		one[t] = bestIoU(a.sweep.Largest(t), truth)
	}
	for _, s := range a.sweep.Spans() {
		v := bestIoU(s.Box, truth)
		for t := s.From; t < s.To; t++ {
			all[t] = max(all[t], v)
		}
	}
	// Some steps give a last threshold that rounds to 1, where there is no contour.
	if t := a.sweep.Cut(1); t > 0 {
		one[t] = bestIoU(box.Box{}, truth)
		all[t] = one[t]
	}
}

// count adds one to each threshold whose cut reaches an IoU.
func (a *BoxAcc) count(right []int, best []float64, least float64) {
	for i, t := range a.cuts {
		if best[t] >= least {
			right[i]++
		}
	}
}

// Merge adds what b counted, which must have the same thresholds.
func (a *BoxAcc) Merge(b *BoxAcc) error {
	if a.step != b.step || !slices.Equal(a.deltas, b.deltas) {
		return fmt.Errorf("merging box accuracies: step %g and IoU %v, want %g and %v", b.step, b.deltas, a.step, a.deltas)
	}
	a.images += b.images
	a.constant += b.constant
	a.nan += b.nan
	for mode := range a.right {
		for k, right := range b.right[mode] {
			for i, n := range right {
				a.right[mode][k][i] += n
			}
		}
	}
	return nil
}

// Share makes a use the buffers of b, which must not be used at the same time. The counts stay
// apart: for many accumulators of one worker.
func (a *BoxAcc) Share(b *BoxAcc) { a.sweep = b.sweep }

// Images is how many were counted.
func (a *BoxAcc) Images() int { return a.images }

// Thresholds returns the grid, float64(i)*step.
func (a *BoxAcc) Thresholds() []float64 { return slices.Clone(a.thresholds) }

// Curve returns the accuracy in percent at each threshold of the grid, at an
// IoU of delta percent.
func (a *BoxAcc) Curve(mode cam.Contours, delta int) ([]float64, error) {
	k, err := a.curve(mode, delta)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(a.thresholds))
	for i, n := range a.right[mode][k] {
		out[i] = percent(n, a.images)
	}
	return out, nil
}

// curve is the place of an IoU threshold.
func (a *BoxAcc) curve(mode cam.Contours, delta int) (int, error) {
	k := slices.Index(a.deltas, delta)
	if k < 0 || (mode != cam.Largest && mode != cam.All) {
		return 0, fmt.Errorf("box accuracy curve of %v contours at IoU %d: want largest or all, one of %v", mode, delta, a.deltas)
	}
	return k, nil
}
