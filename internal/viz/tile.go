package viz

import (
	"image"

	"github.com/disintegration/imaging"

	"acol/internal/box"
	"acol/internal/cam"
)

// Tile is one picture of a grid and the label above it. A nil or empty Image leaves the cell empty;
// whatever else is empty is not drawn. Maps, lines and letters are drawn after the picture is
// scaled to its cell, so they stay sharp.
type Tile struct {
	Label  string
	Image  image.Image
	Map    cam.Map       // scores in [0,1], laid over the picture
	Erased Mask          // struck out
	Boxes  []LabelledBox // predicted, in pixels of Image
	Truth  []box.Box     // true, in pixels of Image

	// BoxesIn is the size of the picture that the boxes are meant for, where Image is a scaled one.
	BoxesIn image.Point
}

// render draws the tile at the largest size of its aspect within cell. The result is nil where
// Image is nil or empty.
func (t Tile) render(cell image.Point, opt OverlayOptions) *image.NRGBA {
	if t.Image == nil || t.Image.Bounds().Empty() {
		return nil
	}
	dst := rescale(t.Image, cell)
	if len(t.Map.V) > 0 {
		dst = Overlay(dst, t.Map, opt)
	}
	if len(t.Erased.V) > 0 {
		dst = Erased(dst, t.Erased)
	}
	from := t.BoxesIn
	if from == (image.Point{}) {
		from = t.Image.Bounds().Size()
	}
	predicted := make([]LabelledBox, len(t.Boxes))
	for i, b := range t.Boxes {
		predicted[i] = LabelledBox{scaleBox(b.Box, from, dst.Rect.Size()), b.Text}
	}
	truth := make([]box.Box, len(t.Truth))
	for i, b := range t.Truth {
		truth[i] = scaleBox(b, from, dst.Rect.Size())
	}
	DrawBoxes(dst, predicted, truth)
	return dst
}

// rescale scales img (not empty), up or down, to the largest size of its aspect within cell. The
// result is opaque, with what is transparent laid on white, and has its origin at (0,0).
func rescale(img image.Image, cell image.Point) *image.NRGBA {
	size := fit(img.Bounds().Size(), cell)
	if size == img.Bounds().Size() {
		return opaqueCopy(img)
	}
	dst := imaging.Resize(img, size.X, size.Y, imaging.CatmullRom)
	flatten(dst)
	return dst
}

// Within scales a picture that is not empty down so that no side is longer than most pixels. A
// smaller one keeps its size. The result is opaque, with what is transparent laid on white, and has
// its origin at (0,0).
func Within(img image.Image, most int) *image.NRGBA {
	if size := img.Bounds().Size(); size.X <= most && size.Y <= most {
		return opaqueCopy(img)
	}
	return rescale(img, image.Pt(most, most))
}

// fit is the largest size within cell that has the aspect of size. Both sides are at least 1.
func fit(size, cell image.Point) image.Point {
	w, h := float64(size.X), float64(size.Y)
	scale := min(float64(cell.X)/w, float64(cell.Y)/h)
	return image.Pt(max(int(w*scale+0.5), 1), max(int(h*scale+0.5), 1))
}

// scaleBox maps b from a picture of size from to one of size to, and grows it to whole pixels. An
// invalid box is returned as it is.
func scaleBox(b box.Box, from, to image.Point) box.Box {
	if !b.Valid() {
		return b
	}
	b = b.Clip(from.X, from.Y)
	low := func(v, n, m int) int { return v * m / n }
	high := func(v, n, m int) int { return ((v+1)*m+n-1)/n - 1 }
	return box.Box{
		X0: low(b.X0, from.X, to.X), Y0: low(b.Y0, from.Y, to.Y),
		X1: high(b.X1, from.X, to.X), Y1: high(b.Y1, from.Y, to.Y),
	}
}
