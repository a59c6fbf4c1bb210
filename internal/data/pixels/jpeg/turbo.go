//go:build onednn && amd64 && cgo

package jpeg

// #cgo CFLAGS: -O2
// #cgo LDFLAGS: -ljpeg
// #include "turbo.h"
import "C"

import (
	"errors"
	"image"
	"io"
)

// coefficient is the size of a coefficient in libjpeg-turbo's memory, in bytes.
const coefficient = 2

// Library names the decoder and its release.
func Library() string { return "libjpeg-turbo " + C.GoString(C.acol_jpeg_version()) }

// Decode decodes a JPEG file to PIL's pixels: an *image.Gray, or an opaque *image.NRGBA of the
// colours that PIL's convert("RGB") gives. CMYK is taken to be inverted, whether or not an Adobe
// segment says so. The error of a file that ends early is io.ErrUnexpectedEOF. Damaged data is an
// error too, where PIL shows grey in its place.
func Decode(raw []byte) (image.Image, error) {
	h, err := check(raw)
	if err != nil {
		return nil, wrap(err)
	}
	if len(h.components) == 1 {
		return h.grey(raw)
	}
	m := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	if err := h.decode(raw, m.Pix, 4); err != nil {
		return nil, wrap(err)
	}
	return m, nil
}

// DecodeGrey is Decode, but gives the luma of a coloured file as it is stored, as OpenCV does where
// it reads a file as grey. CMYK has none: it becomes RGB.
func DecodeGrey(raw []byte) (image.Image, error) {
	h, err := check(raw)
	if err != nil {
		return nil, wrap(err)
	}
	if len(h.components) == 4 {
		return Decode(raw)
	}
	return h.grey(raw)
}

// grey decodes a file to its luma.
func (h *header) grey(raw []byte) (image.Image, error) {
	m := image.NewGray(image.Rect(0, 0, h.width, h.height))
	if err := h.decode(raw, m.Pix, 1); err != nil {
		return nil, wrap(err)
	}
	return m, nil
}

// decode writes the pixels of a file to pix, packed, of so many channels.
func (h *header) decode(raw, pix []byte, channels int) error {
	want := C.struct_acol_jpeg_want{
		width: C.int(h.width), height: C.int(h.height),
		channels: C.int(channels), scans: maxScans,
	}
	var message [C.acol_jpeg_message]C.char
	switch C.acol_jpeg_decode((*C.uchar)(&raw[0]), C.size_t(len(raw)), want,
		(*C.uchar)(&pix[0]), &message[0]) {
	case C.acol_jpeg_done:
		return nil
	case C.acol_jpeg_truncated:
		return io.ErrUnexpectedEOF
	}
	return errors.New(C.GoString(&message[0]))
}
