package cam

import (
	"fmt"
	"math"

	"acol/internal/box"
)

// LargestComponent returns the box of the CAM paper (Zhou et al., CVPR 2016,
// section 3.2) and of ACoL after it: the bounding box of the largest 8-connected
// component, counted in pixels, of the pixels above fraction (0.2 in the paper)
// of the map's maximum. The first in raster order wins ties. Ends are inclusive
// and tight, unlike those of Boxes. Where no pixel is above, as in a map of
// zeros, the box is [0,0,0,0]. An empty map, a NaN or an infinity is an error.
func LargestComponent(m Map, fraction float64) (box.Box, error) {
	return new(Extractor).LargestComponent(m, fraction)
}

// LargestComponent is the function LargestComponent.
func (e *Extractor) LargestComponent(m Map, fraction float64) (box.Box, error) {
	if err := checkTau(fraction); err != nil {
		return box.Box{}, err
	}
	if err := checkSides(m); err != nil {
		return box.Box{}, err
	}
	top, err := peak(m)
	if err != nil {
		return box.Box{}, err
	}
	p := &e.parts
	p.reset(m.H, m.W)
	over := fraction * top
	for y := range m.H {
		row := p.fg[(y+1)*p.stride+1:][:m.W]
		for x, v := range m.V[y*m.W:][:m.W] {
			row[x] = v > over
		}
	}
	p.scan()
	best := 0
	for id := range p.list {
		if c := &p.list[id]; c.fg && p.root(id) && (best == 0 || c.size > p.list[best].size) {
			best = id
		}
	}
	if best == 0 {
		return box.Box{}, nil
	}
	c := &p.list[best]
	return box.Box{X0: int(c.x0), Y0: int(c.y0), X1: int(c.x1), Y1: int(c.y1)}, nil
}

// peak is the largest value of a finite map.
func peak(m Map) (float64, error) {
	top := math.Inf(-1)
	for i, v := range m.V {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("map: value %g at row %d, column %d", v, i/m.W, i%m.W)
		}
		top = max(top, v)
	}
	return top, nil
}
