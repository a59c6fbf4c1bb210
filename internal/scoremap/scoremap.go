// Package scoremap turns a network's low-resolution class activation map into a score map in the
// frame of the picture that the network looked at.
//
// A network sees a square input that is cut out of its resized picture (pixels.Geometry). Its map
// covers that input at a few positions a side. Three steps lead from there to the picture, in the
// order of the wsolevaluation code (Choe et al., "Evaluating Weakly Supervised Object
// Localization Methods Right", CVPR 2020): the map is resized to pixels of the input, normalised
// to [0,1], and, where the input is only a part of the picture, placed where that part lies.
// Outside of the input a placed map is 0: nothing is claimed of what the network did not see.
package scoremap

import (
	"fmt"

	"acol/internal/cam"
	"acol/internal/data/pixels"
)

// Of resizes a low-resolution map that covers the network's input to side x side pixels of that
// input, and normalises it to [0,1]. Resizing is bicubic, as OpenCV's INTER_CUBIC, and
// overshoots; that is why normalising comes second. A map whose state is not cam.OK is all zeros.
func Of(low cam.Map, side int) (score cam.Map, state cam.State) {
	score = cam.Resize(low, side, side)
	return score, cam.Normalize(score)
}

// Covers reports whether the network's input is the whole picture, so that a map of the input is
// one of the picture too.
func Covers(g pixels.Geometry) bool { return g.ResizedW == g.Size && g.ResizedH == g.Size }

// Bounded returns the geometry of the same picture scaled down until its long side is at most
// longest pixels. Maps that are drawn are placed on such a picture, because drawing smooths them
// again and a map of every pixel of a large photograph takes much memory.
func Bounded(g pixels.Geometry, longest int) pixels.Geometry {
	if long := max(g.Width, g.Height); long > longest {
		g.Width = max(1, g.Width*longest/long)
		g.Height = max(1, g.Height*longest/long)
	}
	return g
}

// Place turns a map of the network's input into a map of the whole picture, g.Width x g.Height
// pixels: bilinear between the map's pixel centres inside of the input, 0 outside. Where the
// input is the whole picture, the map is returned as it is, at its own resolution.
func Place(g pixels.Geometry, m cam.Map) (cam.Map, error) {
	if Covers(g) {
		return m, nil
	}
	v, err := g.Place(m.V, m.W, m.H)
	return cam.Map{H: g.Height, W: g.Width, V: v}, err
}

// Mask is a set of positions of a grid: axes (H,W), row-major. They lie where At says, as those of
// a cam.Map do.
type Mask struct {
	H, W int
	V    []bool
	At   cam.Grid
}

// PlaceMask does for a mask of the network's input what Place does for a map, without smoothing:
// each position of the mask covers its share of the input's pixels or, where positions do not lie
// evenly, the pixels that are nearest to it. What lies outside of the input is not in the mask.
func PlaceMask(g pixels.Geometry, m Mask) (Mask, error) {
	if Covers(g) && m.At == (cam.Grid{}) {
		return m, nil
	}
	if m.H < 1 || m.W < 1 || len(m.V) != m.H*m.W {
		return Mask{}, fmt.Errorf("placing a mask of %dx%d: %d values", m.H, m.W, len(m.V))
	}
	rows, columns := nearest(m.At.Y, m.H, g.Size), nearest(m.At.X, m.W, g.Size)
	input := cam.New(g.Size, g.Size)
	for i := range input.V {
		if m.V[rows[i/g.Size]*m.W+columns[i%g.Size]] {
			input.V[i] = 1
		}
	}
	placed, err := Place(g, input)
	if err != nil {
		return Mask{}, err
	}
	out := Mask{H: placed.H, W: placed.W, V: make([]bool, len(placed.V))}
	for i, v := range placed.V {
		out.V[i] = v > 0.5
	}
	return out, nil
}

// nearest is the position of n that is nearest to each of side pixels: where they lie evenly, the
// one whose share a pixel begins in.
func nearest(at cam.Axis, n, side int) []int {
	out := make([]int, side)
	for i := range out {
		out[i] = i * n / side
		if at != (cam.Axis{}) {
			out[i] = at.Nearest((float64(i)+0.5)/float64(side), n)
		}
	}
	return out
}

// Reframe turns a score map of the network's input into the score map of the whole picture with
// as many rows and columns: placed at the picture's full resolution, resized back and normalised
// again. Evaluation measures such maps, since true boxes are on a grid over the whole picture.
// It resamples even where the input covers the picture; ask Covers first where that is not meant.
func Reframe(g pixels.Geometry, score cam.Map) (cam.Map, cam.State, error) {
	whole, err := g.Place(score.V, score.W, score.H)
	if err != nil {
		return score, cam.Constant, err
	}
	score = cam.Resize(cam.Map{H: g.Height, W: g.Width, V: whole}, score.H, score.W)
	for i, v := range score.V {
		score.V[i] = max(0, v) // the cubic's undershoot would lift what is outside of the input
	}
	return score, cam.Normalize(score), nil
}
