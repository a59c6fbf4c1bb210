package cam

import (
	"fmt"
	"math"
	"slices"

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

// LargestComponent returns what the function LargestComponent does, and reuses e's buffers.
func (e *Extractor) LargestComponent(m Map, fraction float64) (box.Box, error) {
	if err := e.above(m, fraction); err != nil {
		return box.Box{}, err
	}
	p, best := &e.parts, 0
	for id := range p.list {
		if c := &p.list[id]; c.fg && p.root(id) && (best == 0 || c.size > p.list[best].size) {
			best = id
		}
	}
	if best == 0 {
		return box.Box{}, nil
	}
	return p.list[best].box(), nil
}

// Region is an 8-connected component of the pixels above a fraction of a map's maximum.
type Region struct {
	Box  box.Box // tight, both corners inclusive
	Peak float64 // the highest value in it
	Size int     // in pixels
}

// Regions lists all components of which LargestComponent takes the largest, by descending size and,
// where sizes are equal, in raster order. Its errors are those of LargestComponent.
func Regions(m Map, fraction float64) ([]Region, error) {
	all, _, err := LabelledRegions(m, fraction)
	return all, err
}

// LabelledRegions returns Regions and, for each pixel of the map, the place of its region among
// them, or -1 where it has none: axes (H,W), row-major.
func LabelledRegions(m Map, fraction float64) ([]Region, []int32, error) {
	var e Extractor
	if err := e.above(m, fraction); err != nil {
		return nil, nil, err
	}
	p := &e.parts
	var ids []int
	for id := range p.list {
		if c := &p.list[id]; c.fg && p.root(id) {
			ids = append(ids, id)
		}
	}
	slices.SortStableFunc(ids, func(a, b int) int {
		return int(p.list[b].size) - int(p.list[a].size)
	})
	place := make([]int32, len(p.list)) // in all, plus 1
	var all []Region
	for _, id := range ids {
		c := &p.list[id]
		all = append(all, Region{Box: c.box(), Peak: math.Inf(-1), Size: int(c.size)})
		place[id] = int32(len(all))
	}
	of := make([]int32, m.H*m.W)
	for y := range m.H {
		labels := p.label[(y+1)*p.stride+1:][:m.W]
		for x, v := range m.V[y*m.W:][:m.W] {
			k := place[p.list[labels[x]].parent] - 1
			of[y*m.W+x] = k
			if k >= 0 {
				all[k].Peak = max(all[k].Peak, v)
			}
		}
	}
	return all, of, nil
}

// above finds the components of the pixels above a fraction of the map's maximum.
func (e *Extractor) above(m Map, fraction float64) error {
	if err := checkTau(fraction); err != nil {
		return err
	}
	top, err := peak(m)
	if err != nil {
		return err
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
	return nil
}

// box returns the tight box of a component, ends inclusive.
func (c *component) box() box.Box {
	return box.Box{X0: int(c.x0), Y0: int(c.y0), X1: int(c.x1), Y1: int(c.y1)}
}

// peak returns the largest value of a map. A map that has no components, because of its shape or of
// a value that is not finite, is an error.
func peak(m Map) (float64, error) {
	if err := checkSides(m); err != nil {
		return 0, err
	}
	top := math.Inf(-1)
	for i, v := range m.V {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("map: value %g at row %d, column %d", v, i/m.W, i%m.W)
		}
		top = max(top, v)
	}
	return top, nil
}
