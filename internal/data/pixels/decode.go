package pixels

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/disintegration/imaging"
	"github.com/jsummers/gobmp"

	"acol/internal/data/pixels/tiff"
)

// MaxPixels bounds the size of images that are decoded. A header that claims more pixels is an
// error.
const MaxPixels = 100_000_000

// imageExts are the endings by which files in a folder are taken for images. Which format a file
// has is found out from its content.
var imageExts = []string{
	".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp",
}

// IsImageName reports whether a file name ends like that of an image that Load reads.
func IsImageName(name string) bool {
	return slices.Contains(imageExts, strings.ToLower(filepath.Ext(name)))
}

// Load reads an image file, whatever its name ends in: JPEG, PNG, GIF (the first frame), BMP, TIFF
// (the first page) or WebP. If oriented is true, the EXIF orientation of a JPEG, PNG or WebP is
// applied; if it is false, the pixels come as the file stores them, which is what the boxes of most
// data sets mean. The orientation of a TIFF is part of how its pixels are stored: it is always
// applied, as Pillow and OpenCV do. As PIL's convert("RGB") does, alpha is dropped and not blended,
// and 16 bits become 8. The image is one of *image.YCbCr, *image.Gray and opaque *image.NRGBA, its
// corner at (0,0). A file that is broken, truncated or larger than MaxPixels is an error.
func Load(path string, oriented bool) (image.Image, error) { return LoadAs(path, path, oriented) }

// LoadAs is Load of the file at path, which errors call name.
func LoadAs(path, name string, oriented bool) (image.Image, error) {
	s, err := openNamed(path, name)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.load(name, oriented)
}

// load is Load of an open file, which errors call path.
func (s *source) load(path string, oriented bool) (image.Image, error) {
	if err := s.preload(); err != nil {
		return nil, fmt.Errorf("reading image: %w", err)
	}
	img, err := s.decode(oriented)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", path, err)
	}
	return img, nil
}

// Header reads the header of an image file. A size that is larger than MaxPixels is an error.
func Header(path string) (*Info, error) {
	s, err := openImage(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	in, err := s.sized()
	if err != nil {
		return nil, fmt.Errorf("reading the header of %s: %w", path, err)
	}
	return in, nil
}

// Size reads the width and height of an image file, in pixels, from its header. If oriented is
// true, they are those of the picture with EXIF orientation applied.
func Size(path string, oriented bool) (w, h int, err error) {
	in, err := Header(path)
	if err != nil {
		return 0, 0, err
	}
	if oriented {
		w, h = in.Oriented()
		return w, h, nil
	}
	return in.Width, in.Height, nil
}

// checkSize is an error where a header claims more pixels than are decoded.
func checkSize(in *Info) error {
	if in.Width > MaxPixels/in.Height {
		return fmt.Errorf("size %dx%d is more than %d pixels", in.Width, in.Height, MaxPixels)
	}
	return nil
}

// decode makes the image of Load.
func (s *source) decode(oriented bool) (img image.Image, err error) {
	in, err := s.sized()
	if err != nil {
		return nil, err
	}
	defer func() { // decoders have panicked on crafted files
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("broken image: %v", p)
		}
	}()
	decoded, err := s.format.decode(s)
	if err != nil {
		return nil, s.describe(err)
	}
	if decoded.Bounds().Empty() {
		return nil, errors.New("image is empty")
	}
	img = plain(decoded)
	if oriented {
		img = in.Orientation.apply(img)
	}
	return img, nil
}

// ErrUnsupported is the cause of an error about an image that may be sound, but is of a kind that
// Load does not read.
var ErrUnsupported = errors.New("kind of image that acol does not read")

// describe adds to the errors of the decoders what they mean, and what can be done.
func (s *source) describe(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	case errors.Is(err, tiff.ErrUnsupported), isUnsupported[png.UnsupportedError](err),
		isUnsupported[gobmp.UnsupportedError](err):
		return &unsupportedError{err, s.format.name}
	}
	return err
}

// isUnsupported says that err is a decoder's error of the type E.
func isUnsupported[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

// unsupportedError says of an image that its format is known and its kind is not.
type unsupportedError struct {
	err    error
	format string
}

func (e *unsupportedError) Error() string {
	ending := map[string]string{"jpeg": "jpg", "tiff": "tif"}[e.format]
	if ending == "" {
		ending = e.format
	}
	return fmt.Sprintf("%v, which acol does not read; convert it, for example by: "+
		"magick in.%s out.png", e.err, ending)
}

func (e *unsupportedError) Unwrap() []error { return []error{ErrUnsupported, e.err} }

// plain turns an image of any decoder into one of the three types that Load returns.
func plain(img image.Image) image.Image {
	atOrigin := img.Bounds().Min == image.Point{}
	switch m := img.(type) {
	case *image.YCbCr:
		if atOrigin {
			return m
		}
	case *image.NYCbCrA:
		if atOrigin {
			return &m.YCbCr
		}
	case *image.Gray:
		if atOrigin {
			return m
		}
	case *image.RGBA:
		if atOrigin && m.Opaque() { // the same bytes, then
			return &image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect}
		}
	case *image.NRGBA:
		if atOrigin {
			return opaque(m)
		}
	case *image.Paletted:
		return fromPalette(m)
	}
	return opaque(imaging.Clone(img))
}

// opaque drops the transparency of m, whose colours stay.
func opaque(m *image.NRGBA) *image.NRGBA {
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	return m
}

// fromPalette makes an opaque image of a paletted one. Transparent entries keep their colours,
// and an index beyond the palette is black.
func fromPalette(m *image.Paletted) *image.NRGBA {
	var table [256]color.NRGBA
	for i := range table {
		table[i].A = 255
	}
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		table[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
		table[i].A = 255
	}
	w, h := m.Rect.Dx(), m.Rect.Dy()
	n := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		row := n.Pix[y*n.Stride:]
		for x, v := range m.Pix[y*m.Stride : y*m.Stride+w] {
			c := table[v]
			row[4*x], row[4*x+1], row[4*x+2], row[4*x+3] = c.R, c.G, c.B, 255
		}
	}
	return n
}
