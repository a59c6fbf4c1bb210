package pixels

import (
	"bufio"
	"bytes"
	"image"
	"io"

	"acol/internal/data/pixels/jpeg"
)

// isJPEG reports whether a file is a JPEG, by its first bytes.
func isJPEG(head []byte) bool { return bytes.HasPrefix(head, []byte(jpeg.Magic)) }

// decodeConfig reads a header. JPEG files have a decoder of their own, and others one of those that
// package image knows.
func decodeConfig(r io.Reader) (c image.Config, format string, err error) {
	br := bufio.NewReader(r)
	if head, err := br.Peek(len(jpeg.Magic)); err == nil && isJPEG(head) {
		c, err = jpeg.DecodeConfig(br)
		return c, "jpeg", err
	}
	return image.DecodeConfig(br)
}

// decodeImage decodes a file, as decodeConfig reads its header.
func decodeImage(raw []byte) (img image.Image, format string, err error) {
	if isJPEG(raw) {
		img, err = jpeg.Decode(raw)
		return img, "jpeg", err
	}
	return image.Decode(bytes.NewReader(raw))
}

// JPEGLibrary names the decoder of JPEG files in this build, and its release where it has one.
func JPEGLibrary() string { return jpeg.Library() }
