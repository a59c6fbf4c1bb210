package pixels

import (
	"fmt"
	"image"
)

// View is one of several inputs that are made of an image: the image is resized as Input says, but
// to Resize pixels, and a square of Size pixels is taken from the place (X,Y), where each of X
// and Y is 0 (left or top), 1 (centre) or 2 (right or bottom). Then the square may be mirrored.
type View struct {
	Size, Resize int
	X, Y         int
	Flip         bool
}

// TestView is the view that evaluation takes of an image: the centre, not mirrored.
func (in Input) TestView() View { return View{Size: in.Size, Resize: in.TestResize, X: 1, Y: 1} }

// TenCrop gives the views of torchvision's TenCrop: the corners and the centre, and the same
// mirrored.
func TenCrop(size, resize int) []View {
	var views []View
	for _, flip := range []bool{false, true} {
		for _, at := range [][2]int{{0, 0}, {2, 0}, {0, 2}, {2, 2}, {1, 1}} {
			views = append(views, View{size, resize, at[0], at[1], flip})
		}
	}
	return views
}

// Geometry says where the view lies on an image of w x h pixels. Mirroring is not part of it.
func (v View) Geometry(in Input, w, h int) (Geometry, error) {
	in.Size = v.Size
	g, err := in.geometry(v.Resize, w, h)
	place := func(at, length, centre int) int { return []int{0, centre, length - v.Size}[at] }
	g.CropX, g.CropY = place(v.X, g.ResizedW, g.CropX), place(v.Y, g.ResizedH, g.CropY)
	return g, err
}

// Pixels makes the view of an image, which must be one that Load returns: Size x Size pixels,
// neither mirrored nor normalised yet.
func (v View) Pixels(in Input, img image.Image) (*RGB, Geometry, error) {
	g, err := v.Geometry(in, img.Bounds().Dx(), img.Bounds().Dy())
	if err != nil {
		return nil, g, err
	}
	window := image.Rect(g.CropX, g.CropY, g.CropX+g.Size, g.CropY+g.Size)
	m, err := Resize(img, img.Bounds(), g.ResizedW, g.ResizedH, window)
	return m, g, err
}

// Input makes the view of an image, which must be one that Load returns, and writes it to dst, the
// memory of one input.
func (v View) Input(in Input, img image.Image, dst Inputs) (Geometry, error) {
	if dst.Size != v.Size {
		return Geometry{}, fmt.Errorf("writing the input: room for %dx%d pixels, want %dx%d",
			dst.Size, dst.Size, v.Size, v.Size)
	}
	m, g, err := v.Pixels(in, img)
	if err != nil {
		return g, err
	}
	return g, dst.Put(m, 0, 0, v.Flip)
}
