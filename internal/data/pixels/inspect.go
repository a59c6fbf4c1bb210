package pixels

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image/color"
	"io"
)

// Info describes an image file.
type Info struct {
	// Format is jpeg, png, gif, bmp, tiff or webp.
	Format string
	// Width and Height are in pixels as the file stores them, without EXIF orientation. Those of a
	// TIFF are of the upright picture, which Load always gives.
	Width, Height int
	// Orientation is the EXIF orientation of a JPEG, PNG or WebP, 0 if there is none.
	Orientation Orientation
	// Grey, CMYK and Deep (16 bits a channel) say what Load converts to RGB of 8 bits.
	Grey, CMYK, Deep bool
	// Lossless says of a WebP that it is not stored as luma and chroma.
	Lossless bool
	// Sum identifies the bytes of the file. It is zero if they were not all read.
	Sum [16]byte
}

// Turned reports whether EXIF orientation changes the picture.
func (in *Info) Turned() bool { return in.Orientation > 1 }

// ErrTruncated is the error of an image file that ends early.
var ErrTruncated = errors.New("file is truncated")

// glance reads the header and, unless the whole file is wanted, looks for its end mark. done says
// that there is no need to decode it.
func (s *source) glance(path string, whole bool) (in *Info, done bool, err error) {
	if in, err = s.header(); err != nil {
		return nil, true, fmt.Errorf("reading the header of %s: %w", path, err)
	}
	if whole {
		return in, false, nil
	}
	end, err := s.ends()
	return in, err != nil || end, err
}

// inspect decodes a file whose header has been read.
func (s *source) inspect(path string) (*Info, error) {
	in := s.info
	if err := s.preload(); err != nil {
		return in, fmt.Errorf("reading image: %w", err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, s.stream()); err != nil {
		return in, fmt.Errorf("reading image: %w", err)
	}
	copy(in.Sum[:], sum.Sum(nil))
	if _, err := s.decode(false); err != nil {
		return in, fmt.Errorf("decoding %s: %w", path, err)
	}
	return in, nil
}

// ends says that the end mark is there, or that the format has none.
func (s *source) ends() (bool, error) {
	const most = 4096 // some writers put a little behind the end
	tail := make([]byte, min(s.Size(), most))
	if _, err := s.ReadAt(tail, s.Size()-int64(len(tail))); err != nil {
		return false, fmt.Errorf("reading image: %w", err)
	}
	return s.format.end == "" || bytes.Contains(tail, []byte(s.format.end)), nil
}

// header reads the header. It turns a panic into an error, because decoders have panicked on
// crafted files.
func (s *source) header() (in *Info, err error) {
	if s.info != nil {
		return s.info, nil
	}
	defer func() {
		if p := recover(); p != nil {
			in, err = nil, fmt.Errorf("broken image: %v", p)
		}
	}()
	if s.format, err = formatOf(s); err != nil {
		return nil, err
	}
	c, err := s.format.config(s)
	if err != nil {
		return nil, s.describe(err)
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, fmt.Errorf("size %dx%d is empty", c.Width, c.Height)
	}
	in = &Info{Format: s.format.name, Width: c.Width, Height: c.Height}
	if s.format.orientation != nil {
		in.Orientation = s.format.orientation(s)
	}
	in.Lossless = in.Format == "webp" && c.ColorModel == color.NRGBAModel
	switch c.ColorModel {
	case color.GrayModel:
		in.Grey = true
	case color.Gray16Model:
		in.Grey, in.Deep = true, true
	case color.RGBA64Model, color.NRGBA64Model:
		in.Deep = true
	case color.CMYKModel:
		in.CMYK = true
	}
	s.info = in
	return in, nil
}

// Oriented gives the size of the picture with EXIF orientation applied.
func (in *Info) Oriented() (w, h int) {
	if in.Orientation.Turns() {
		return in.Height, in.Width
	}
	return in.Width, in.Height
}
