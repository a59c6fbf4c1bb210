package metric

import (
	"errors"
	"fmt"

	"acol/internal/box"
	"acol/internal/cam"
)

// BoxHits finds at which thresholds a box of a score map reaches an IoU with a true one: what one
// image says for MaxBoxAcc and MaxBoxAccV2 (Choe et al.). MaxBoxAcc looks at the box of the
// largest contour, MaxBoxAccV2 at those of all contours; one sweep over the thresholds of a map
// finds both, at any number of IoU thresholds. Buffers are reused from map to map, so one
// BoxHits is not for concurrent use.
type BoxHits struct {
	grid  Grid
	sweep cam.Sweep
	cuts  []int           // of the map at hand, by threshold
	best  [2][256]float64 // best IoU in it, by contours and cut
}

// NewBoxHits returns one for a grid of thresholds on scores.
func NewBoxHits(g Grid) *BoxHits { return &BoxHits{grid: g, cuts: make([]int, g.N)} }

// errNoTruth is about an image that boxes cannot be measured on.
var errNoTruth = errors.New("image without a true box")

// Set takes the score map of an image, normalised to [0,1], and its true boxes in pixels of the
// map, of which there must be one. A value that is NaN or outside of [0,1] is an error.
func (h *BoxHits) Set(score cam.Map, truth []box.Box) error {
	if len(truth) == 0 {
		return errNoTruth
	}
	if err := checkBoxes(truth...); err != nil {
		return fmt.Errorf("box accuracy: true %w", err)
	}
	if err := h.sweep.Set(score); err != nil {
		return fmt.Errorf("box accuracy: %w", err)
	}
	for i := range h.cuts {
		h.cuts[i] = h.sweep.Cut(h.grid.At(i))
	}
	h.match(truth)
	return nil
}

// match finds the best IoU at each cut of the map.
func (h *BoxHits) match(truth []box.Box) {
	one, all := &h.best[cam.Largest], &h.best[cam.All]
	clear(one[:])
	clear(all[:])
	for t := range h.sweep.Cuts() {
		one[t] = bestIoU(h.sweep.Largest(t), truth)
	}
	for _, s := range h.sweep.Spans() {
		v := bestIoU(s.Box, truth)
		for t := s.From; t < s.To; t++ {
			all[t] = max(all[t], v)
		}
	}
	// Some steps give a last threshold that rounds to 1, where there is no contour.
	if t := h.sweep.Cut(1); t > 0 {
		one[t] = bestIoU(box.Box{}, truth)
		all[t] = one[t]
	}
}

// Hits returns the thresholds at which the map that was set last has a box, of the largest
// contour or of any, with an IoU of at least delta percent, 1 to 100.
func (h *BoxHits) Hits(mode cam.Contours, delta int) (Runs, error) {
	if (mode != cam.Largest && mode != cam.All) || delta < 1 || delta > 100 {
		return nil, fmt.Errorf("box accuracy of %v contours at IoU %d percent: "+
			"want largest or all contours and 1 to 100 percent", mode, delta)
	}
	best, least := &h.best[mode], float64(delta)/100
	return RunsOf(h.grid.N, func(i int) bool { return best[h.cuts[i]] >= least }), nil
}
