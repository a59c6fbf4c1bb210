package tiff

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
)

// adobe is the marker by which package jpeg takes four components as they are.
const adobe = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"

// maxTables bounds the tables that the JPEGs of a page share, in bytes.
const maxTables = 1 << 16

// jpegRows decodes a block that is a JPEG, at least h rows of it.
func (p *Page) jpegRows(from *io.SectionReader, h int) (rows, error) {
	tables, _, err := p.dir.bytes(tagJPEGTables, maxTables)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, from.Size())
	if _, err := from.ReadAt(raw, 0); err != nil {
		return nil, err
	}
	if len(raw) < 2 {
		return nil, io.ErrUnexpectedEOF
	}
	// The tables are a JPEG without pixels: what is between its first mark and its last.
	whole := bytes.NewBuffer(make([]byte, 0, len(raw)+len(tables)+len(adobe)))
	whole.WriteString("\xff\xd8")
	if p.photometric == cmyk {
		whole.WriteString(adobe)
	}
	if len(tables) > 4 {
		whole.Write(tables[2 : len(tables)-2])
	}
	whole.Write(raw[2:])
	raw = whole.Bytes()
	c, err := jpeg.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("a JPEG of the TIFF: %w", err)
	}
	if c.Width < p.blockW || c.Height < h || c.Width > p.blockW+16 || c.Height > p.blockH+16 {
		return nil, broken("a JPEG of %dx%d pixels for %dx%d", c.Width, c.Height, p.blockW, h)
	}
	m, err := jpeg.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("a JPEG of the TIFF: %w", err)
	}
	put, n := p.jpegPixel(m)
	if put == nil {
		return nil, broken("a JPEG of %T pixels", m)
	}
	out, y := make([]uint8, n*p.blockW), 0
	return func() ([]uint8, int, error) {
		for x := range p.blockW {
			put(out[n*x:][:n], x, y)
		}
		y++
		return out, n, nil
	}, nil
}

// jpegPixel gives a function that writes the n samples of a pixel of m; nil where the samples are
// not those of the page.
func (p *Page) jpegPixel(m image.Image) (put func(dst []uint8, x, y int), n int) {
	colours := p.photometric == rgb || p.photometric == ycbcr
	switch m := m.(type) {
	case *image.Gray:
		if p.planar || p.samples == 1 {
			return func(dst []uint8, x, y int) { dst[0] = m.Pix[y*m.Stride+x] }, 1
		}
	case *image.YCbCr:
		if !colours {
			break
		}
		return func(dst []uint8, x, y int) {
			i := m.COffset(x, y)
			dst[0], dst[1], dst[2] = m.Y[y*m.YStride+x], m.Cb[i], m.Cr[i]
			if p.photometric == ycbcr {
				dst[0], dst[1], dst[2] = color.YCbCrToRGB(dst[0], dst[1], dst[2])
			}
		}, 3
	case *image.RGBA: // its components are called R, G and B
		if colours {
			return func(dst []uint8, x, y int) { copy(dst, m.Pix[y*m.Stride+4*x:][:3]) }, 3
		}
	case *image.CMYK: // package jpeg takes the values for inverted ones
		if p.photometric == cmyk {
			return func(dst []uint8, x, y int) {
				for k, v := range m.Pix[y*m.Stride+4*x:][:4] {
					dst[k] = 255 - v
				}
			}, 4
		}
	}
	return nil, 0
}
