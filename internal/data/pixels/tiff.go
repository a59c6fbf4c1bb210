package pixels

import (
	"image"
	"image/color"

	"acol/internal/data/pixels/tiff"
)

// tiffConfig reads the size of the upright first page of a TIFF, and its kind of colours.
func tiffConfig(s *source) (image.Config, error) {
	p, err := tiff.Open(s, s.Size())
	if err != nil {
		return image.Config{}, err
	}
	w, h := p.Size()
	c := image.Config{Width: w, Height: h, ColorModel: color.NRGBAModel}
	switch {
	case p.Grey() && p.Deep():
		c.ColorModel = color.Gray16Model
	case p.Grey():
		c.ColorModel = color.GrayModel
	case p.CMYK():
		c.ColorModel = color.CMYKModel
	case p.Deep():
		c.ColorModel = color.NRGBA64Model
	}
	return c, nil
}

// decodeTIFF decodes the first page of a TIFF, upright.
func decodeTIFF(s *source) (image.Image, error) {
	p, err := tiff.Open(s, s.Size())
	if err != nil {
		return nil, err
	}
	return p.Decode()
}
