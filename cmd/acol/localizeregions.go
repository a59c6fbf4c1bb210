package main

import (
	"slices"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
)

// region is a connected part of a map above the threshold.
type region struct {
	box.Box         // tight, both corners inclusive
	score   float64 // the highest in it
	size    int     // in pixels of the map
}

// regionsAbove lists the 8-connected regions of the pixels above fraction times
// the map's maximum, the largest first and the first in raster order on ties: so the
// first is cam.LargestComponent. score is finite.
func regionsAbove(score cam.Map, fraction float64) []region {
	over := fraction * score.Max()
	seen := make([]bool, len(score.V))
	var all []region
	var stack []int
	for start, v := range score.V {
		if seen[start] || v <= over {
			continue
		}
		r := region{Box: box.Box{X0: score.W, Y0: score.H}}
		seen[start] = true
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := at%score.W, at/score.W
			r.add(x, y, score.V[at])
			for ny := max(y-1, 0); ny <= min(y+1, score.H-1); ny++ {
				for nx := max(x-1, 0); nx <= min(x+1, score.W-1); nx++ {
					if n := ny*score.W + nx; !seen[n] && score.V[n] > over {
						seen[n] = true
						stack = append(stack, n)
					}
				}
			}
		}
		all = append(all, r)
	}
	slices.SortStableFunc(all, func(a, b region) int { return b.size - a.size })
	return all
}

func (r *region) add(x, y int, score float64) {
	r.Box = box.Box{X0: min(r.X0, x), Y0: min(r.Y0, y), X1: max(r.X1, x), Y1: max(r.Y1, y)}
	r.score = max(r.score, score)
	r.size++
}

// placedSide bounds the sides of a map that is placed on a picture: drawing smooths it further.
const placedSide = 1024

// smaller is the geometry of the same picture at no more than placedSide.
func smaller(g data.Geometry) data.Geometry {
	if long := max(g.Width, g.Height); long > placedSide {
		g.Width = max(1, g.Width*placedSide/long)
		g.Height = max(1, g.Height*placedSide/long)
	}
	return g
}

// covers tells whether the network's input is the whole picture.
func covers(g data.Geometry) bool { return g.ResizedW == g.Size && g.ResizedH == g.Size }

// onPicture turns a map of the input into one of the whole picture: 0 where the input
// did not reach.
func onPicture(g data.Geometry, m cam.Map) (cam.Map, error) {
	if covers(g) {
		return m, nil
	}
	g = smaller(g)
	v, err := g.Place(m.V, m.W, m.H)
	return cam.Map{H: g.Height, W: g.Width, V: v}, err
}

// maskOnPicture does so for the positions (h,w) of a feature map, without smoothing.
func maskOnPicture(g data.Geometry, h, w int, mask []bool) (int, int, []bool, error) {
	if covers(g) {
		return h, w, mask, nil
	}
	input := cam.New(g.Size, g.Size)
	for i := range input.V {
		y, x := i/g.Size, i%g.Size
		if mask[y*h/g.Size*w+x*w/g.Size] {
			input.V[i] = 1
		}
	}
	placed, err := onPicture(g, input)
	if err != nil {
		return 0, 0, nil, err
	}
	out := make([]bool, len(placed.V))
	for i, v := range placed.V {
		out[i] = v > 0.5
	}
	return placed.H, placed.W, out, nil
}
