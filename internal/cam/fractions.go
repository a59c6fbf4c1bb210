package cam

import (
	"fmt"
	"slices"

	"acol/internal/box"
)

// Fractions finds the box of LargestComponent at a whole grid of fractions in one pass over the
// pixels of a map. It reuses its buffers from map to map. The zero value is ready for use; it is
// not safe for concurrent use.
type Fractions struct {
	sweep Sweep
	over  []float64
	boxes []box.Box
}

// maxFractions is how many levels above zero a pixel can have.
const maxFractions = 255

// Set takes a map and 1 to 255 fractions in [0,1], in ascending order. A map or a fraction that
// LargestComponent refuses is an error.
func (f *Fractions) Set(m Map, fractions []float64) error {
	if n := len(fractions); n < 1 || n > maxFractions || !slices.IsSorted(fractions) {
		return fmt.Errorf("fractions of a map: %d of them, want 1 to %d, ascending",
			n, maxFractions)
	}
	for _, tau := range []float64{fractions[0], fractions[len(fractions)-1]} {
		if err := checkTau(tau); err != nil {
			return err
		}
	}
	top, err := peak(m)
	if err != nil {
		return err
	}
	f.boxes = resized(f.boxes, len(fractions))
	clear(f.boxes)
	if top <= 0 {
		return nil // no pixel is above
	}
	f.over = f.over[:0]
	for _, tau := range fractions {
		f.over = append(f.over, tau*top)
	}
	f.quantize(m, top)
	f.raise()
	return nil
}

// quantize makes each pixel's level the number of fractions of top, the map's maximum, that the
// pixel is above.
func (f *Fractions) quantize(m Map, top float64) {
	g := &f.sweep.grid
	g.reset(m.H, m.W)
	n := len(f.over)
	guess := float64(n) / top
	for y := range m.H {
		dst := g.level[(y+1)*g.stride+1:][:m.W]
		for x, v := range m.V[y*m.W:][:m.W] {
			k := min(max(int(v*guess), 0), n)
			for k > 0 && !(v > f.over[k-1]) {
				k--
			}
			for k < n && v > f.over[k] {
				k++
			}
			dst[x] = uint8(k)
			g.max = max(g.max, dst[x])
		}
	}
}

// raise adds the pixels by descending level and notes the largest component's box after each. The
// pixels of level l and more are those above fraction l-1.
func (f *Fractions) raise() {
	s := &f.sweep
	s.sort(s.grid.level)
	s.forest.reset(&s.grid, nil)
	best := int32(-1)
	for l := int(s.grid.max); l > 0; l-- {
		for _, p := range s.at(l) {
			x, y := p.xy()
			id := s.forest.add(x, y, int32(l))
			if best >= 0 {
				best = s.forest.find(best)
			}
			if best < 0 || s.forest.larger(id, best) {
				best = id
			}
		}
		t := &s.forest.trees[best]
		f.boxes[l-1] = box.Box{
			X0: int(t.x0) - 1, Y0: int(t.y0) - 1, X1: int(t.x1) - 1, Y1: int(t.y1) - 1,
		}
	}
}

// larger reports whether tree a has more pixels than tree b, or as many and comes first.
func (f *forest) larger(a, b int32) bool {
	t, u := &f.trees[a], &f.trees[b]
	return t.size > u.size || (t.size == u.size && t.first < u.first)
}

// Box returns the box of LargestComponent at fraction i of the grid.
func (f *Fractions) Box(i int) box.Box { return f.boxes[i] }
