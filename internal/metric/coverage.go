package metric

import (
	"fmt"
	"math"

	"acol/internal/box"
	"acol/internal/cam"
)

// Coverage says how much of the true boxes' pixels lies in the foreground of a
// score map (coverage, the aim of ACoL), and how much of the foreground lies in
// a true box (precision), both in [0,1]. The foreground is that of cam.Boxes at
// tau; boxes are in pixels of the map, inclusive, clipped to it and joined.
// Without foreground both are 0. No true box, one outside of the map, or a map
// that cam.Boxes refuses is an error.
func Coverage(score cam.Map, tau float64, truth []box.Box) (coverage, precision float64, err error) {
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

// MeanCoverage accumulates the means over images of Coverage. It sums in units
// of 2^-32, so the order of images does not matter.
type MeanCoverage struct {
	images              int
	coverage, precision int64
}

// Add counts an image; see Coverage.
func (m *MeanCoverage) Add(score cam.Map, tau float64, truth []box.Box) error {
	c, p, err := Coverage(score, tau, truth)
	if err != nil {
		return err
	}
	m.images++
	m.coverage += int64(math.Round(c * (1 << 32)))
	m.precision += int64(math.Round(p * (1 << 32)))
	return nil
}

// Merge adds what n counted.
func (m *MeanCoverage) Merge(n *MeanCoverage) {
	m.images += n.images
	m.coverage += n.coverage
	m.precision += n.precision
}

// CoverageResult holds means in percent.
type CoverageResult struct {
	Images    int     `json:"images"`
	Coverage  float64 `json:"coverage"`
	Precision float64 `json:"precision"`
}

// Result is over all images counted.
func (m *MeanCoverage) Result() CoverageResult {
	mean := func(sum int64) float64 {
		if m.images == 0 {
			return 0
		}
		return 100 * (float64(sum) / (1 << 32)) / float64(m.images)
	}
	return CoverageResult{m.images, mean(m.coverage), mean(m.precision)}
}
