package main

import (
	"acol/internal/cam"
	"acol/internal/data"
)

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
