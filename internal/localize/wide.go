package localize

import (
	"fmt"
	"math"

	"acol/internal/box"
	"acol/internal/cam"
)

// A box is wide where it says little of where the object is: it covers at least wideBox of what the
// network saw, because at least wideMap of the map is above the threshold.
const (
	wideBox = 0.9
	wideMap = 0.5
)

// Wide reports whether the largest box of a map is nearly the whole of what the network saw, from a
// map without contrast: one that is above the threshold at most of its pixels.
func (r *Result) Wide(m *ClassMap) bool {
	if len(m.Boxes) == 0 {
		return false
	}
	seen := r.Geometry.Box(box.Box{X1: m.Score.W - 1, Y1: m.Score.H - 1}, m.Score.W, m.Score.H)
	covered := float64(m.Boxes[0].Box.Area()) / float64(seen.Area())
	return covered >= wideBox && above(m) >= wideMap
}

// above returns the share of a map's pixels that are above its threshold.
func above(m *ClassMap) float64 {
	top, n := m.Score.Max(), 0
	for _, v := range m.Score.V {
		if v > m.Threshold*top {
			n++
		}
	}
	return float64(n) / float64(len(m.Score.V))
}

// WideBox is said of a box that Wide reports.
const WideBox = "nearly the whole picture"

// wideNote says of a map that Wide reports what is wrong and what to try: a higher threshold where
// Otsu's is one, since it separates the map's high values from its low ones.
func wideNote(m *ClassMap) string {
	note := fmt.Sprintf("%s: %.0f %% of the map is above %.3g of its maximum",
		WideBox, 100*above(m), m.Threshold)
	if otsu := math.Round(20*cam.Otsu(m.Score)) / 20; otsu > m.Threshold {
		return fmt.Sprintf("%s; try --threshold %g", note, otsu)
	}
	return note + "; the model tells little apart here: more training, or more images, may help"
}
