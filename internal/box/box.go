// Package box holds the rectangle that ground truth, predictions and pictures share.
package box

import "fmt"

// Box is an axis-aligned rectangle in pixels, counted from 0. Both corners are inclusive, so that
// its size is X1-X0+1 by Y1-Y0+1, as in the code of wsolevaluation.
type Box struct {
	X0, Y0, X1, Y1 int
}

// Valid reports whether the corners are ordered and not negative.
func (b Box) Valid() bool {
	return b.X0 >= 0 && b.Y0 >= 0 && b.X1 >= b.X0 && b.Y1 >= b.Y0
}

// Width gives the width in pixels.
func (b Box) Width() int { return b.X1 - b.X0 + 1 }

// Height gives the height in pixels.
func (b Box) Height() int { return b.Y1 - b.Y0 + 1 }

// Area gives the number of pixels that the box covers.
func (b Box) Area() int { return b.Width() * b.Height() }

// Scale maps the box from an image of fromW x fromH pixels to one of toW x toH. It truncates each
// coordinate to a whole number, as wsolevaluation's resize_bbox does: (1,2,4,3) of an image of
// 10x20 pixels becomes (3,1,14,1) on one of 35x10.
func (b Box) Scale(fromW, fromH, toW, toH int) Box {
	sx := func(v int) int { return int(float64(v*toW) / float64(fromW)) }
	sy := func(v int) int { return int(float64(v*toH) / float64(fromH)) }
	return Box{sx(b.X0), sy(b.Y0), sx(b.X1), sy(b.Y1)}
}

// Clip gives the box with its corners moved into an image of w x h pixels.
func (b Box) Clip(w, h int) Box {
	return Box{
		min(max(b.X0, 0), w-1), min(max(b.Y0, 0), h-1),
		min(max(b.X1, 0), w-1), min(max(b.Y1, 0), h-1),
	}
}

// String gives the corners as (x0,y0)-(x1,y1).
func (b Box) String() string {
	return fmt.Sprintf("(%d,%d)-(%d,%d)", b.X0, b.Y0, b.X1, b.Y1)
}
