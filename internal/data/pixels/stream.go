package pixels

import (
	"fmt"
	"image"

	"acol/internal/data/pixels/jpeg"
)

// Place says what becomes of a picture of w x h pixels.
type Place func(w, h int) (Placement, error)

// Stream is Load and then Resize for a file that can be resized while it is decoded, strip by
// strip, so that a picture of any size takes little memory: a JPEG in a native build that need not
// be turned. For others the result is nil without an error. The pixels are those of Load and Resize
// unless scaled is true. Then the file may be decoded at 1/2, 1/4 or 1/8 of its size, where that is
// still no smaller than the result.
func Stream(path string, oriented, scaled bool, place Place) (*RGB, error) {
	file, err := openImage(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	failed := func(err error) (*RGB, error) {
		return nil, fmt.Errorf("decoding %s: %w", path, file.describe(err))
	}
	if err := file.preload(); err != nil {
		return failed(err)
	}
	in, err := file.header()
	if err != nil || in.Format != "jpeg" || oriented && in.Turned() || checkSize(in) != nil {
		return nil, nil // Load reads it, or says what is wrong
	}
	raw, err := file.bytes()
	if err != nil {
		return failed(err)
	}
	s, err := jpeg.NewStream(raw)
	if err != nil {
		return failed(err)
	}
	if s == nil {
		return nil, nil
	}
	p, err := place(s.Width, s.Height)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	scale := 1
	if scaled {
		scale = p.scale()
	}
	columns, rows := p.weights(scale, scale)
	pix, err := s.Resize(scale, axis(columns), axis(rows))
	if err != nil {
		return failed(err)
	}
	return &RGB{Pix: pix, W: p.Window.Dx(), H: p.Window.Dy()}, nil
}

// scale gives the largest of 1, 2, 4 and 8 by which a picture can be decoded smaller and From is
// still no smaller than the size to which it is resized.
func (p Placement) scale() int {
	s := 8
	for s > 1 && (p.From.Dx() < s*p.W || p.From.Dy() < s*p.H) {
		s /= 2
	}
	return s
}

// axis lays weights out for package jpeg.
func axis(all []taps) jpeg.Axis {
	a := jpeg.Axis{N: len(all), Most: (mostTaps(all) + 1) &^ 1}
	a.Results = make([]int32, len(all)*(2+a.Most))
	for i, t := range all {
		r := a.Results[i*(2+a.Most):]
		r[0], r[1] = int32(t.first), int32(len(t.weights))
		copy(r[2:], t.weights)
	}
	return a
}

// Placement is how the image of a geometry becomes the window of its resized form.
func (g Geometry) Placement(window image.Rectangle) Placement {
	return Placement{image.Rect(0, 0, g.Width, g.Height), g.ResizedW, g.ResizedH, window}
}
