package metric

import (
	"fmt"

	"acol/internal/box"
	"acol/internal/cam"
)

// Coverage returns which share of the true boxes' pixels lies in the foreground of a score map
// (coverage, which ACoL is to raise) and which share of the foreground lies in a true box
// (precision), both in [0,1]. The foreground is what cam.Extractor takes at threshold tau. Boxes
// are in pixels of the map with inclusive ends; they are clipped to it, and pixels in several boxes
// count once. Without foreground both shares are 0. No true box, a box outside of the map, and a
// map that cam.Extractor refuses are errors.
func Coverage(
	score cam.Map, tau float64, truth []box.Box,
) (coverage, precision float64, err error) {
	fg, err := cam.Foreground(score, tau)
	if err != nil {
		return 0, 0, fmt.Errorf("coverage: %w", err)
	}
	if err := checkBoxes(truth...); err != nil {
		return 0, 0, fmt.Errorf("coverage: true %w", err)
	}
	inside := make([]bool, len(fg))
	for _, b := range truth {
		if b.X0 >= score.W || b.Y0 >= score.H {
			return 0, 0, fmt.Errorf("coverage: true box %v outside of a %dx%d map", b, score.H, score.W)
		}
		b = b.Clip(score.W, score.H)
		for y := b.Y0; y <= b.Y1; y++ {
			for x := b.X0; x <= b.X1; x++ {
				inside[y*score.W+x] = true
			}
		}
	}
	var in, over, both int
	for i := range fg {
		if inside[i] {
			in++
		}
		if fg[i] {
			over++
		}
		if inside[i] && fg[i] {
			both++
		}
	}
	if in == 0 {
		return 0, 0, errNoTruth
	}
	if over == 0 {
		return 0, 0, nil
	}
	return float64(both) / float64(in), float64(both) / float64(over), nil
}
