package pixels

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"image/color"
	"io"
	"os"
)

// Info describes an image file.
type Info struct {
	// Format is jpeg, png, gif, bmp, tiff or webp.
	Format string
	// Width and Height are in pixels as the file stores them, without EXIF orientation.
	Width, Height int
	// Orientation is the EXIF orientation of a JPEG, 0 if there is none.
	Orientation Orientation
	// Grey, CMYK and Deep (16 bits a channel) say what Load converts to RGB of 8 bits.
	Grey, CMYK, Deep bool
	// Sum identifies the bytes of the file. It is zero if they were not all read.
	Sum [16]byte
}

// Turned reports whether EXIF orientation changes the picture.
func (in *Info) Turned() bool { return in.Orientation > 1 }

// ErrTruncated is the error of an image file that ends early.
var ErrTruncated = errors.New("file is truncated")

// Inspect describes an image file and looks for damage. If whole is true, it decodes the file.
// Otherwise it reads the header and looks for the end mark of a JPEG or PNG, which finds a
// truncated file quickly; only a file without the mark is decoded. If the header can be read, the
// result is not nil even if there is an error.
func Inspect(path string, whole bool) (*Info, error) {
	if err := checkImageFile(path); err != nil {
		return nil, err
	}
	if !whole {
		in, end, err := glance(path)
		if err != nil || end {
			return in, err
		}
	}
	raw, err := readImageFile(path)
	if err != nil {
		return nil, err
	}
	in, err := inspectHeader(bytes.NewReader(raw), raw)
	if err != nil {
		return nil, fmt.Errorf("reading the header of %s: %w", path, err)
	}
	sum := sha256.Sum256(raw)
	copy(in.Sum[:], sum[:])
	if _, err := decode(raw, false); err != nil {
		return in, fmt.Errorf("decoding %s: %w", path, err)
	}
	return in, nil
}

// glance reads the header and the end of a file. end says that the end mark is there, or that the
// format has none.
func glance(path string) (in *Info, end bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, fmt.Errorf("reading image: %w", err)
	}
	defer f.Close()
	var head bytes.Buffer
	if in, err = inspectHeader(io.TeeReader(f, &head), nil); err != nil {
		return nil, false, fmt.Errorf("reading the header of %s: %w", path, err)
	}
	in.Orientation = orientation(head.Bytes())
	info, err := f.Stat()
	if err != nil {
		return nil, false, fmt.Errorf("reading image: %w", err)
	}
	const most = 4096 // some writers put a little behind the end
	tail := make([]byte, min(info.Size(), most))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return nil, false, fmt.Errorf("reading image: %w", err)
	}
	mark, known := map[string]string{"jpeg": "\xff\xd9", "png": "IEND"}[in.Format]
	return in, !known || bytes.Contains(tail, []byte(mark)), nil
}

// inspectHeader reads the header. raw is the whole file, for its EXIF orientation, or nil.
func inspectHeader(r io.Reader, raw []byte) (in *Info, err error) {
	defer func() {
		if p := recover(); p != nil {
			in, err = nil, fmt.Errorf("broken image: %v", p)
		}
	}()
	c, format, err := decodeConfig(r)
	if err != nil {
		return nil, describe(err)
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, fmt.Errorf("size %dx%d is empty", c.Width, c.Height)
	}
	in = &Info{Format: format, Width: c.Width, Height: c.Height, Orientation: orientation(raw)}
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
	return in, nil
}

// Oriented gives the size of the picture with EXIF orientation applied.
func (in *Info) Oriented() (w, h int) {
	if in.Orientation.Turns() {
		return in.Height, in.Width
	}
	return in.Width, in.Height
}
