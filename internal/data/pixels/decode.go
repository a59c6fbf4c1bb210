package pixels

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/disintegration/imaging" // registers JPEG, PNG, GIF, BMP and TIFF
	_ "golang.org/x/image/webp"         // registers WebP
)

// MaxPixels bounds the size of images that are decoded. A header that claims more pixels is an
// error.
const MaxPixels = 100_000_000

// maxFile bounds the length of image files, in bytes.
const maxFile = 1 << 29

// imageExts are the endings by which files in a folder are taken for images. Which format a file
// has is found out from its content.
var imageExts = []string{".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff", ".webp"}

// IsImageName reports whether a file name ends like that of an image that Load reads.
func IsImageName(name string) bool {
	return slices.Contains(imageExts, strings.ToLower(filepath.Ext(name)))
}

// Load reads an image file, whatever its name ends in: JPEG, PNG, GIF (the first
// frame), BMP, TIFF or WebP. If oriented is true, a JPEG's EXIF orientation is applied;
// if it is false, the pixels come as the file stores them, which is what the boxes of most
// data sets mean. As PIL's convert("RGB") does, alpha is dropped and not blended, and 16 bits
// become 8. The image is one of *image.YCbCr, *image.Gray and opaque *image.NRGBA, its
// corner at (0,0). A file that is broken, truncated or larger than MaxPixels is
// an error.
func Load(path string, oriented bool) (image.Image, error) {
	raw, err := readImageFile(path)
	if err != nil {
		return nil, err
	}
	img, err := decode(raw, oriented)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", path, err)
	}
	return img, nil
}

// Size reads the width and height of an image file, in pixels, from its header. If oriented is
// true, they are those of the picture with a JPEG's EXIF orientation applied.
func Size(path string, oriented bool) (w, h int, err error) {
	if err := checkImageFile(path); err != nil {
		return 0, 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	var head bytes.Buffer
	w, h, err = size(io.TeeReader(f, &head))
	if err != nil {
		return 0, 0, fmt.Errorf("reading the header of %s: %w", path, err)
	}
	if oriented && orientation(head.Bytes()).Turns() {
		w, h = h, w
	}
	return w, h, nil
}

// checkImageFile is an error unless path is a regular file of bounded length. Reading a pipe, for
// instance, would wait for ever.
func checkImageFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("reading image: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("reading image %s: is not a file", path)
	case info.Size() == 0:
		return fmt.Errorf("reading image %s: %w: it is empty", path, ErrTruncated)
	case info.Size() > maxFile:
		return fmt.Errorf("reading image %s: has %d bytes, more than %d", path, info.Size(), maxFile)
	}
	return nil
}

// readImageFile reads a whole image file.
func readImageFile(path string) ([]byte, error) {
	if err := checkImageFile(path); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading image: %w", err)
	}
	return raw, nil
}

// size reads the width and height from a header. It turns a panic into an error, because decoders
// have panicked on crafted files.
func size(r io.Reader) (w, h int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("broken image: %v", p)
		}
	}()
	c, _, err := decodeConfig(r)
	if err != nil {
		return 0, 0, describe(err)
	}
	return c.Width, c.Height, checkSize(c.Width, c.Height)
}

// checkSize is an error unless an image has from one to MaxPixels pixels.
func checkSize(w, h int) error {
	if w < 1 || h < 1 {
		return fmt.Errorf("size %dx%d is empty", w, h)
	}
	if w > MaxPixels/h {
		return fmt.Errorf("size %dx%d is more than %d pixels", w, h, MaxPixels)
	}
	return nil
}

// decode makes the image of Load from the bytes of a file.
func decode(raw []byte, oriented bool) (img image.Image, err error) {
	w, h, err := size(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	defer func() {
		if p := recover(); p != nil {
			img, err = nil, fmt.Errorf("broken image: %v", p)
		}
	}()
	decoded, format, err := decodeImage(raw)
	if err != nil {
		return nil, describe(err)
	}
	if decoded.Bounds().Empty() {
		return nil, errors.New("image is empty")
	}
	if format == "gif" {
		decoded = onCanvas(decoded, w, h)
	}
	img = plain(decoded)
	if m, ok := img.(*image.YCbCr); ok && format == "webp" {
		widenRange(m)
	}
	if oriented {
		img = orientation(raw).apply(img)
	}
	return img, nil
}

// describe adds to the shortest errors of the decoders what they mean.
func describe(err error) error {
	switch {
	case errors.Is(err, image.ErrFormat):
		return fmt.Errorf("%w: want JPEG, PNG, GIF, BMP, TIFF or WebP", err)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", ErrTruncated, err)
	}
	return err
}

// onCanvas places a frame of a GIF that is smaller than its screen, of w x h pixels, on that.
func onCanvas(frame image.Image, w, h int) image.Image {
	screen := image.Rect(0, 0, w, h)
	if frame.Bounds() == screen {
		return frame
	}
	canvas, seen := image.NewNRGBA(screen), frame.Bounds().Intersect(screen)
	draw.Draw(canvas, seen, frame, seen.Min, draw.Src)
	return canvas
}

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
	case *image.Paletted:
		return fromPalette(m)
	}
	n := imaging.Clone(img)
	for i := 3; i < len(n.Pix); i += 4 {
		n.Pix[i] = 255
	}
	return n
}

// widenRange turns the luma of a WebP image, 16 to 235, and its chroma, 16 to 240, which the
// decoder passes on as they are, into the range 0 to 255 of image.YCbCr.
func widenRange(m *image.YCbCr) {
	var luma, chroma [256]uint8
	for v := range 256 {
		luma[v] = uint8(math.Round(min(max((float64(v)-16)*255/219, 0), 255)))
		chroma[v] = uint8(math.Round(min(max(128+(float64(v)-128)*255/224, 0), 255)))
	}
	for i, v := range m.Y {
		m.Y[i] = luma[v]
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = chroma[m.Cb[i]], chroma[m.Cr[i]]
	}
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
