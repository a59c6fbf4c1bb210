package data

import (
	"fmt"
	"image"
)

// View is one of several inputs that are made of an image: it is resized as the configuration
// says, but to Resize pixels, and a square of Size is taken from the place (X,Y), each 0 (left or
// top), 1 (centre) or 2 (right or bottom); then it may be mirrored.
type View struct {
	Size, Resize int
	X, Y         int
	Flip         bool
}

// TenCrop are the views of torchvision's TenCrop: the corners and the centre, each mirrored too.
func TenCrop(size, resize int) []View {
	var views []View
	for _, flip := range []bool{false, true} {
		for _, at := range [][2]int{{0, 0}, {2, 0}, {0, 2}, {2, 2}, {1, 1}} {
			views = append(views, View{size, resize, at[0], at[1], flip})
		}
	}
	return views
}

// Geometry is where the view of an image of w x h pixels lies, unmirrored.
func (v View) Geometry(cfg Config, w, h int) (Geometry, error) {
	in := cfg.Input
	in.Size = v.Size
	g, err := newGeometry(in, v.Resize, w, h)
	place := func(at, length, centre int) int { return []int{0, centre, length - v.Size}[at] }
	g.CropX, g.CropY = place(v.X, g.ResizedW, g.CropX), place(v.Y, g.ResizedH, g.CropY)
	return g, err
}

// Load reads the image of sample i.
func (s *Split) Load(i int) (image.Image, error) {
	img, err := load(s.Samples[i].Path, !s.Stored)
	if err != nil {
		return nil, &ImageError{i, s.Samples[i].Path, err}
	}
	return img, nil
}

// Inputs makes the views of an image, which must be one that Load returns: each of dst is
// (3,Size,Size), R, G, B, normalised.
func Inputs(cfg Config, img image.Image, views []View, dst [][]float32) ([]Geometry, error) {
	if err := checkPixels(cfg); err != nil {
		return nil, err
	}
	norm := newNormalizer(cfg)
	var all []Geometry
	for k, v := range views {
		g, err := v.Geometry(cfg, img.Bounds().Dx(), img.Bounds().Dy())
		if err != nil {
			return nil, err
		}
		out, err := resize(img, img.Bounds(), g.ResizedW, g.ResizedH, image.Rect(g.CropX, g.CropY, g.CropX+g.Size, g.CropY+g.Size))
		if err != nil {
			return nil, fmt.Errorf("view %d: %w", k+1, err)
		}
		if err := norm.put(dst[k], out, 0, 0, g.Size, v.Flip); err != nil {
			return nil, fmt.Errorf("view %d: %w", k+1, err)
		}
		all = append(all, g)
	}
	return all, nil
}
