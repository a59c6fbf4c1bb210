package pixels

import (
	"errors"
	"fmt"
	"image"
	"io"

	"github.com/jsummers/gobmp"

	"acol/internal/data/pixels/jpeg"
)

// format is one of the kinds of image files that Load reads.
type format struct {
	// name is what Info.Format calls it.
	name string
	// magics are what its files can begin with. A question mark stands for any byte.
	magics []string
	// config reads the size and the colours from the header. The size is that of the picture that
	// decode gives.
	config func(*source) (image.Config, error)
	// decode makes the picture, its corner at (0,0). It may keep colours and transparency as the
	// file has them: plain takes what it gives.
	decode func(*source) (image.Image, error)
	// need gives the memory that decoding takes at once for a picture of so many pixels, and what
	// the picture takes then, in bytes. info has been read.
	need func(s *source, pixels int64) (bytes, kept int64)
	// end is what the last bytes of a whole file hold; "" where the format has no such mark.
	end string
	// orientation finds the EXIF orientation of a file; nil where the format has none.
	orientation func(*source) Orientation
}

// formats are the kinds of image files that Load reads. A file's kind is found out from its first
// bytes alone, whatever its name is.
var formats = []format{
	{
		name: "jpeg", magics: []string{jpeg.Magic}, config: heading(jpeg.DecodeConfig),
		decode: decodeJPEG, need: needJPEG, end: "\xff\xd9", orientation: jpegOrientation,
	},
	{
		name: "png", magics: []string{pngSignature}, config: pngConfig,
		decode: decodePNG, need: needPNG, end: "IEND", orientation: pngOrientation,
	},
	{
		name: "gif", magics: []string{"GIF8?a"}, config: gifConfig,
		decode: decodeGIF, need: needGIF,
	},
	{
		name: "webp", magics: []string{"RIFF????WEBP"}, config: webpConfig,
		decode: decodeWebP, need: needWebP, orientation: webpOrientation,
	},
	{
		name: "bmp", magics: []string{"BM"}, config: heading(gobmp.DecodeConfig),
		decode: decodeBMP, need: needBMP,
	},
	{
		name: "tiff", magics: []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"},
		config: tiffConfig, decode: decodeTIFF, need: needTIFF,
	},
}

// heading makes the config of a format from a function that reads a stream.
func heading(
	config func(io.Reader) (image.Config, error),
) func(*source) (image.Config, error) {
	return func(s *source) (image.Config, error) { return config(s.stream()) }
}

// formatOf finds the format of a file by its first bytes.
func formatOf(s *source) (*format, error) {
	var head [16]byte
	n, err := s.ReadAt(head[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for i := range formats {
		for _, magic := range formats[i].magics {
			if begins(head[:n], magic) {
				return &formats[i], nil
			}
		}
	}
	if k := foreignContent(head[:n]); k != nil {
		return nil, &unsupportedError{errors.New(k.name), k.endings[0][1:]}
	}
	return nil, fmt.Errorf("%w: want JPEG, PNG, GIF, BMP, TIFF or WebP", image.ErrFormat)
}

// begins reports whether b begins as a magic says.
func begins(b []byte, magic string) bool {
	if len(b) < len(magic) {
		return false
	}
	for i := range len(magic) {
		if magic[i] != '?' && magic[i] != b[i] {
			return false
		}
	}
	return true
}
