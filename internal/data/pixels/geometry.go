package pixels

import (
	"fmt"
	"math"

	"acol/internal/box"
)

// Geometry says where the square input of a network lies on an image. All is in pixels.
type Geometry struct {
	// Width and Height are the size of the original image.
	Width, Height int
	// ResizedW and ResizedH are the size to which the image is resized.
	ResizedW, ResizedH int
	// CropX and CropY are the corner, on the resized image, of the square that becomes the input.
	CropX, CropY int
	// Size is the side of that square.
	Size int
}

// maxAspect bounds the long side of an image in units of its short side, because resizing keeps
// the whole resized image in memory.
const maxAspect = 16

// TestGeometry says where the input of an image of w x h pixels lies without augmentation: the
// image is warped to TestResize, or its short side is brought to that, and the centre of it is
// cropped.
func (in Input) TestGeometry(w, h int) (Geometry, error) { return in.geometry(in.TestResize, w, h) }

// TrainGeometry is TestGeometry for TrainResize: the resized image that training crops from, and
// its centre.
func (in Input) TrainGeometry(w, h int) (Geometry, error) {
	return in.geometry(in.TrainResize, w, h)
}

// geometry resizes to side and crops the centre. The long side is truncated, as torchvision does.
func (in Input) geometry(side, w, h int) (Geometry, error) {
	g := Geometry{Width: w, Height: h, ResizedW: side, ResizedH: side, Size: in.Size}
	if w < 1 || h < 1 {
		return g, fmt.Errorf("image of %dx%d pixels is empty", w, h)
	}
	if in.Resize == Short {
		if max(w, h) > maxAspect*min(w, h) {
			return g, fmt.Errorf("image of %dx%d pixels is longer than %d to 1, "+
				"the most that resize short takes", w, h, maxAspect)
		}
		if w < h {
			g.ResizedH = side * h / w
		} else {
			g.ResizedW = side * w / h
		}
	}
	g.CropX, g.CropY = Centered(g.ResizedW, g.Size), Centered(g.ResizedH, g.Size)
	return g, nil
}

// Centered gives the place at which torchvision's CenterCrop starts in a side of length pixels:
// half of what is left, rounded half to even.
func Centered(length, crop int) int { return int(math.RoundToEven(float64(length-crop) / 2)) }

// Box brings a box on a map of mapW x mapH pixels, which covers the input, to the original image.
// The outer edges of the box are mapped and rounded to the nearest edge of a pixel. The result is
// at least one pixel, and within the image.
func (g Geometry) Box(b box.Box, mapW, mapH int) box.Box {
	edge := func(v, mapSide, crop, resized, original int) int {
		in := float64(v)*float64(g.Size)/float64(mapSide) + float64(crop)
		return int(math.Round(in * float64(original) / float64(resized)))
	}
	x0 := edge(b.X0, mapW, g.CropX, g.ResizedW, g.Width)
	y0 := edge(b.Y0, mapH, g.CropY, g.ResizedH, g.Height)
	x1 := edge(b.X1+1, mapW, g.CropX, g.ResizedW, g.Width) - 1
	y1 := edge(b.Y1+1, mapH, g.CropY, g.ResizedH, g.Height) - 1
	return box.Box{X0: x0, Y0: y0, X1: max(x0, x1), Y1: max(y0, y1)}.Clip(g.Width, g.Height)
}

// Place resizes a map with the axes (mapH,mapW), which covers the input, onto the original image.
// The result has the axes (Height,Width). It is bilinear between the centres of the map's pixels,
// and 0 outside of the input.
func (g Geometry) Place(score []float64, mapW, mapH int) ([]float64, error) {
	if mapW < 1 || mapH < 1 || len(score) != mapW*mapH {
		return nil, fmt.Errorf("placing a map: has %d values, want %dx%d", len(score), mapW, mapH)
	}
	xs := g.samples(g.Width, g.ResizedW, g.CropX, mapW)
	ys := g.samples(g.Height, g.ResizedH, g.CropY, mapH)
	out := make([]float64, g.Width*g.Height)
	for y, sy := range ys {
		if !sy.inside {
			continue
		}
		upper, lower := score[sy.a*mapW:][:mapW], score[sy.b*mapW:][:mapW]
		row := out[y*g.Width:][:g.Width]
		for x, sx := range xs {
			if sx.inside {
				top := upper[sx.a] + (upper[sx.b]-upper[sx.a])*sx.part
				bottom := lower[sx.a] + (lower[sx.b]-lower[sx.a])*sx.part
				row[x] = top + (bottom-top)*sy.part
			}
		}
	}
	return out, nil
}

// sampleAt is a place between the values a and b of a row or column of a map: part of the way from
// a to b.
type sampleAt struct {
	a, b   int
	part   float64
	inside bool
}

// samples finds the place on the map of each pixel of one axis of the original image.
func (g Geometry) samples(original, resized, crop, mapSide int) []sampleAt {
	all := make([]sampleAt, original)
	for i := range all {
		in := (float64(i)+0.5)*float64(resized)/float64(original) - float64(crop)
		if in < 0 || in > float64(g.Size) {
			continue
		}
		at := min(max(in*float64(mapSide)/float64(g.Size)-0.5, 0), float64(mapSide-1))
		a := int(at)
		all[i] = sampleAt{a, min(a+1, mapSide-1), at - float64(a), true}
	}
	return all
}
