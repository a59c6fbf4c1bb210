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
	// first is the lowest threshold of each cut of the map at hand, or of a higher cut where no
	// threshold has this one.
	first [maxCuts + 1]int32
	best  [2][maxCuts]float64 // best IoU in the map, by contours and cut
}

// maxCuts is how many grey levels the foreground of a map can be above.
const maxCuts = 256

// NewBoxHits returns one for a grid of thresholds on scores.
func NewBoxHits(g Grid) *BoxHits { return &BoxHits{grid: g} }

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
	i := 0
	for t := range h.first {
		h.first[t] = int32(i)
		for i < h.grid.N && h.sweep.Cut(h.grid.At(i)) == t {
			i++
		}
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
	runs, least := Runs{}, float64(delta)/100
	for t, iou := range h.best[mode] {
		from, to := h.first[t], h.first[t+1]
		switch last := len(runs) - 1; {
		case iou < least || from == to:
		case last >= 0 && runs[last][1] == from:
			runs[last][1] = to
		default:
			runs = append(runs, [2]int32{from, to})
		}
	}
	return runs, nil
}
