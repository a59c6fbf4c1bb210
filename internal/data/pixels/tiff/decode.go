package tiff

import (
	"errors"
	"image"
	"image/color"
	"io"
)

// rows gives the rows of a block one after the other: the samples of its pixels as 8 bits, n values
// a pixel. A row holds until the next is asked for.
type rows func() (row []uint8, n int, err error)

// Decode reads the pixels of the page, upright: an *image.Gray, or an *image.NRGBA without
// transparency.
func (p *Page) Decode() (image.Image, error) {
	offsets, counts, err := p.places()
	if err != nil {
		return nil, err
	}
	c := p.newCanvas()
	across := (p.width + p.blockW - 1) / p.blockW
	down := (p.height + p.blockH - 1) / p.blockH
	planes := len(offsets) / (across * down)
	for plane := range planes {
		if plane >= c.planes {
			break // samples that are not shown
		}
		for at := range across * down {
			x, y := at%across*p.blockW, at/across*p.blockH
			h := min(p.blockH, p.height-y)
			if p.compression == compressionJPEG && p.tiles {
				h = p.blockH
			}
			i := plane*across*down + at
			from := p.section(offsets[i], counts[i])
			next, done, err := p.block(from, h)
			if err != nil {
				return nil, truncated(err)
			}
			err = c.fill(next, x, y, plane)
			done()
			if err != nil {
				return nil, truncated(err)
			}
		}
	}
	return c.finish(), nil
}

// truncated says of a block that ends early what that means.
func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// places reads where the blocks are and how many bytes they have.
func (p *Page) places() (offsets, counts []uint64, err error) {
	across := uint64((p.width + p.blockW - 1) / p.blockW)
	n := across * uint64((p.height+p.blockH-1)/p.blockH)
	if p.planar {
		n *= uint64(p.samples)
	}
	const most = 1 << 17 // each costs a decoder
	if n > most {
		return nil, nil, broken("%d strips or tiles", n)
	}
	offsetTag, countTag := uint16(tagStripOffsets), uint16(tagStripCounts)
	if _, ok := p.dir.entries[tagTileOffsets]; ok && p.tiles {
		offsetTag, countTag = tagTileOffsets, tagTileCounts
	}
	if offsets, err = p.dir.numbers(offsetTag, n); err != nil {
		return nil, nil, err
	}
	if counts, err = p.dir.numbers(countTag, n); err != nil {
		return nil, nil, err
	}
	if uint64(len(offsets)) < n {
		return nil, nil, broken("%d places of %d strips or tiles", len(offsets), n)
	}
	for uint64(len(counts)) < n { // some writers leave them out: a block is read as far as it goes
		counts = append(counts, uint64(p.dir.size))
	}
	return offsets, counts, nil
}

// section is the part of the file with a block, as far as the file reaches.
func (p *Page) section(offset, count uint64) *io.SectionReader {
	size := uint64(p.dir.size)
	offset = min(offset, size)
	return io.NewSectionReader(p.dir.r, int64(offset), int64(min(count, size-offset)))
}

// block opens a block of which h rows are wanted. done ends it.
func (p *Page) block(from *io.SectionReader, h int) (next rows, done func(), err error) {
	if p.compression == compressionJPEG {
		next, err = p.jpegRows(from, h)
		return next, func() {}, err
	}
	r, err := p.decompress(from, h)
	if err != nil {
		return nil, nil, err
	}
	if p.subX*p.subY > 1 {
		next = p.subsampledRows(r)
	} else {
		next = p.sampleRows(r)
	}
	return next, func() { _ = r.Close() }, nil // what is behind the pixels does not matter
}

// canvas is a picture in the making.
type canvas struct {
	p      *Page
	grey   *image.Gray
	colour *image.NRGBA
	planes int // how many samples of a pixel are kept
	// The pixel (x,y) of the stored page is at origin + x*dx + y*dy of the picture's bytes.
	origin, dx, dy int
	// shade maps the one sample of grey or palette pages.
	shade [256]uint8
}

func (p *Page) newCanvas() *canvas {
	w, h := p.Size()
	c := &canvas{p: p, planes: 1}
	step, stride := 1, w
	if p.Grey() {
		c.grey = image.NewGray(image.Rect(0, 0, w, h))
		for v := range c.shade {
			c.shade[v] = p.shadeOf(v)
		}
	} else {
		c.colour = image.NewNRGBA(image.Rect(0, 0, w, h))
		step, stride = 4, 4*w
		switch {
		case p.photometric == cmyk || p.premultiplied:
			c.planes = 4
		case p.photometric != palette:
			c.planes = 3
		}
	}
	// Where the first row and the first column of the page are shown, by its orientation.
	right, bottom := p.orientation, p.orientation
	switch p.orientation {
	case 1, 2, 3, 4:
		c.dx, c.dy = step, stride
		if right == 2 || right == 3 {
			c.origin, c.dx = c.origin+(w-1)*step, -step
		}
		if bottom == 3 || bottom == 4 {
			c.origin, c.dy = c.origin+(h-1)*stride, -stride
		}
	default:
		c.dx, c.dy = stride, step
		if right == 6 || right == 7 {
			c.origin, c.dy = c.origin+(w-1)*step, -step
		}
		if bottom == 7 || bottom == 8 {
			c.origin, c.dx = c.origin+(h-1)*stride, -stride
		}
	}
	return c
}

// shadeOf gives the grey of a sample, which has 8 bits unless the page has less.
func (p *Page) shadeOf(v int) uint8 {
	if p.bits < 8 {
		most := 1<<p.bits - 1
		v = min(v, most) * 255 / most
	}
	if p.photometric == whiteIsZero {
		v = 255 - v
	}
	return uint8(v)
}

// fill places a block whose corner is at (x,y) of the stored page.
func (c *canvas) fill(next rows, x, y, plane int) error {
	w, h := min(c.p.blockW, c.p.width-x), min(c.p.blockH, c.p.height-y)
	for j := range h {
		row, n, err := next()
		if err != nil {
			return err
		}
		at := c.origin + x*c.dx + (y+j)*c.dy
		switch {
		case c.grey != nil:
			for i := range w {
				c.grey.Pix[at] = c.shade[row[i*n]]
				at += c.dx
			}
		case c.planes == 1: // a palette
			for i := range w {
				copy(c.colour.Pix[at:at+3], c.p.colors[min(3*int(row[i*n]), len(c.p.colors)-3):])
				at += c.dx
			}
		case c.p.planar:
			for i := range w {
				c.colour.Pix[at+plane] = row[i*n]
				at += c.dx
			}
		default:
			for i := range w {
				copy(c.colour.Pix[at:at+c.planes], row[i*n:])
				at += c.dx
			}
		}
	}
	return nil
}

// finish turns the samples into RGB, in place.
func (c *canvas) finish() image.Image {
	if c.grey != nil {
		return c.grey
	}
	pix := c.colour.Pix
	for i := 0; i < len(pix); i += 4 {
		s := pix[i : i+4 : i+4]
		switch {
		case c.p.photometric == cmyk:
			for k := range 3 {
				s[k] = unprinted(s[k], s[3])
			}
		case c.p.photometric == ycbcr && (c.p.planar || c.p.compression != compressionJPEG):
			s[0], s[1], s[2] = color.YCbCrToRGB(s[0], s[1], s[2])
		case c.p.premultiplied && s[3] > 0 && s[3] < 255:
			for k := range 3 {
				s[k] = uint8(min(255*int(s[k])/int(s[3]), 255))
			}
		}
		s[3] = 255
	}
	return c.colour
}

// unprinted gives the light that an ink and black leave, as Pillow computes it.
func unprinted(ink, black uint8) uint8 {
	left := 255 - int(black)
	t := int(ink)*left + 128
	return uint8(max(left-(t>>8+t)>>8, 0))
}
