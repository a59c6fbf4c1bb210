package pixels

import (
	"image"

	"acol/internal/data/pixels/jpeg"
)

// decodeJPEG decodes a JPEG.
func decodeJPEG(s *source) (image.Image, error) {
	raw, err := s.bytes()
	if err != nil {
		return nil, err
	}
	return jpeg.Decode(raw)
}

// JPEGLibrary names the decoder of JPEG files in this build, and its release where it has one.
func JPEGLibrary() string { return jpeg.Library() }
