package cam

import (
	"fmt"

	"acol/internal/box"
)

// maxSide bounds the sides of a map that boxes are taken from.
const maxSide = 1<<15 - 2

// grid is a score map in 256 grey levels with a border of one pixel on every
// side: axes (H+2,W+2), row-major. The border has level 0.
type grid struct {
	h, w, stride int
	level        []uint8
	max          uint8
}

// set quantises a score map as the reference does, uint8(trunc(score*255)). It
// is an error where a value is NaN or outside [0,1].
func (g *grid) set(score Map) error {
	if err := checkSides(score); err != nil {
		return err
	}
	g.reset(score.H, score.W)
	for y := range g.h {
		src := score.V[y*g.w:][:g.w]
		dst := g.level[(y+1)*g.stride+1:][:g.w]
		for x, v := range src {
			if !(v >= 0 && v <= 1) {
				return fmt.Errorf("score map: value %g at row %d, column %d, want [0,1]", v, y, x)
			}
			q := uint8(v * 255)
			dst[x] = q
			g.max = max(g.max, q)
		}
	}
	return nil
}

// reset makes the grid one of h x w pixels of level 0.
func (g *grid) reset(h, w int) {
	g.h, g.w, g.stride, g.max = h, w, w+2, 0
	g.level = resized(g.level, (h+2)*g.stride)
	clear(g.level)
}

// checkSides reports what is wrong with the shape of a map from which boxes are to be taken.
func checkSides(m Map) error {
	if err := m.check(); err != nil {
		return err
	}
	if m.H > maxSide || m.W > maxSide {
		return fmt.Errorf("map of %dx%d: sides over %d", m.H, m.W, maxSide)
	}
	return nil
}

// cut returns the grey level that a pixel of the foreground at threshold tau is strictly above.
func cut(tau float64, top uint8) int { return int(tau * float64(top)) }

func checkTau(tau float64) error {
	if !(tau >= 0 && tau <= 1) {
		return fmt.Errorf("threshold %g, want [0,1]", tau)
	}
	return nil
}

// Foreground returns a mask of the pixels, axes (H,W) row-major, that are above threshold tau by
// the rule of Boxes. Its errors are those of Boxes.
func Foreground(score Map, tau float64) ([]bool, error) {
	if err := checkTau(tau); err != nil {
		return nil, err
	}
	var g grid
	if err := g.set(score); err != nil {
		return nil, err
	}
	t := cut(tau, g.max)
	out := make([]bool, 0, g.h*g.w)
	for y := 1; y <= g.h; y++ {
		for _, v := range g.level[y*g.stride+1:][:g.w] {
			out = append(out, int(v) > t)
		}
	}
	return out, nil
}

// boxOf turns a contour's rectangle of first pixel (x0,y0) and last pixel
// (x1,y1) into the reference's box, [x, y, min(x+w, W-1), min(y+h, H-1)] with
// inclusive ends: one pixel too far except at the border.
func (g *grid) boxOf(x0, y0, x1, y1 int) box.Box {
	return box.Box{X0: x0, Y0: y0, X1: min(x1+1, g.w-1), Y1: min(y1+1, g.h-1)}
}

// resized returns n elements of any value, in the memory of s where that is large enough.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
