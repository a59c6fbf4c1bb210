package pixels

import (
	"fmt"

	"acol/internal/data/pixels/jpeg"
	"acol/internal/data/pixels/tiff"
)

// Need is what a picture takes, as its header says.
type Need struct {
	// Width and Height are in pixels, as Size gives them.
	Width, Height int
	// Bytes bounds the memory that decoding takes at once, the file's bytes and the picture
	// included. Kept is what the picture takes then.
	Bytes, Kept int64
}

// Measure reads from the header of an image file what Load takes for it. If oriented is true, it
// is for the picture with EXIF orientation applied.
func Measure(path string, oriented bool) (Need, error) { return MeasureAs(path, path, oriented) }

// MeasureAs is Measure of the file at path, which errors call name: a file may stand for what came
// from elsewhere.
func MeasureAs(path, name string, oriented bool) (Need, error) {
	s, err := openNamed(path, name)
	if err != nil {
		return Need{}, err
	}
	defer s.Close()
	if _, err := s.sized(); err != nil {
		return Need{}, fmt.Errorf("reading the header of %s: %w", name, err)
	}
	return s.need(oriented), nil
}

// The bytes that a pixel of a picture takes.
const (
	colour  = 4 // *image.NRGBA
	grey    = 1 // *image.Gray
	indexed = 1 // of a palette, before it becomes colour
)

// need gives the needs of an image whose header has been read.
func (s *source) need(oriented bool) Need {
	n := Need{Width: s.info.Width, Height: s.info.Height}
	pixels := int64(n.Width) * int64(n.Height)
	n.Bytes, n.Kept = s.format.need(s, pixels)
	if oriented {
		n.Width, n.Height = s.info.Oriented()
		if s.info.Turned() {
			if n.Kept < colour*pixels || !large(n.Width, n.Height) {
				n.Bytes = max(n.Bytes, n.Kept+colour*pixels)
			}
			n.Kept = colour * pixels
		}
	}
	return n
}

// greyOrColour gives the bytes of a picture of one of the two.
func (s *source) greyOrColour(pixels int64) int64 {
	if s.info.Grey {
		return grey * pixels
	}
	return colour * pixels
}

// needJPEG counts the file's bytes and what package jpeg takes; CMYK may be copied.
func needJPEG(s *source, pixels int64) (bytes, kept int64) {
	bytes, kept, err := jpeg.Need(s.stream())
	if err != nil {
		bytes, kept = colour*pixels, colour*pixels
	}
	if s.info.CMYK {
		kept = colour * pixels
		bytes += kept
	}
	return bytes + s.Size(), kept
}

// needPNG counts what package png makes of a PNG; of an interlaced one, a pass beside.
func needPNG(s *source, pixels int64) (bytes, kept int64) {
	const kindAt, palette = 25, 3
	kept = s.greyOrColour(pixels)
	bytes = kept
	head := s.part(0, kindAt+4)
	if len(head) > kindAt && head[kindAt] == palette {
		bytes = (indexed + colour) * pixels
	}
	if len(head) > kindAt+3 && head[kindAt+3] != 0 {
		bytes += bytes / 2
	}
	const rest = 1 << 20 // compression, rows, a chunk
	return bytes + rest, kept
}

// needGIF counts the file's bytes, the frame and its screen, and the colours that they become.
func needGIF(s *source, pixels int64) (bytes, kept int64) {
	return 2*s.Size() + (2*indexed+colour)*pixels, colour * pixels
}

// needWebP counts the planes of lossy pixels with the transparency that is decoded beside, or what
// the transforms of lossless pixels take.
func needWebP(s *source, pixels int64) (bytes, kept int64) {
	if head := s.part(12, 4); s.info.Lossless || len(head) == 4 && string(head) == "VP8X" {
		return 2*s.Size() + 3*colour*pixels, colour * pixels
	}
	return s.Size() + 2*pixels, pixels * 3 / 2
}

// needBMP counts the colours, and the indices that they come from.
func needBMP(_ *source, pixels int64) (bytes, kept int64) {
	return (indexed + colour) * pixels, colour * pixels
}

// needTIFF asks package tiff.
func needTIFF(s *source, pixels int64) (bytes, kept int64) {
	kept = s.greyOrColour(pixels)
	if p, err := tiff.Open(s, s.Size()); err == nil {
		return p.Memory(), kept
	}
	return kept, kept
}
