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
	"runtime"
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

// picture gives the bytes of what Decode makes.
func (h *header) picture() int64 {
	const colour = 4
	n := int64(h.width) * int64(h.height)
	if len(h.components) > 1 {
		n *= colour
	}
	return n
}

// grey decodes a file to its luma.
func (h *header) grey(raw []byte) (image.Image, error) {
	m := image.NewGray(image.Rect(0, 0, h.width, h.height))
	if err := h.decode(raw, m.Pix, 1); err != nil {
		return nil, wrap(err)
	}
	return m, nil
}

// decode writes the pixels of a file to pix, which is zeros, packed, of so many channels.
func (h *header) decode(raw, pix []byte, channels int) error {
	var message [C.acol_jpeg_message]C.char
	return result(C.acol_jpeg_decode((*C.uchar)(&raw[0]), C.size_t(len(raw)), h.want(channels, 1),
		(*C.uchar)(&pix[0]), &message[0]), &message)
}

// want is what C is to know of a file.
func (h *header) want(channels, scale int) C.struct_acol_jpeg_want {
	return C.struct_acol_jpeg_want{
		width: C.int(h.width), height: C.int(h.height),
		channels: C.int(channels), scale: C.int(scale), scans: maxScans,
		frugal: C.int(h.frugal()),
	}
}

// frugalFrom is from how many bytes on coefficients are given back to the system as pixels are made
// of them. Less is not worth the calls.
var frugalFrom int64 = streamed

// frugal is 1 where the coefficients are given back as pixels are made of them, else 0.
func (h *header) frugal() int {
	if runtime.GOOS != "linux" || h.coefficients() <= frugalFrom {
		return 0
	}
	return 1
}

// atOnce gives the most bytes that decoding takes. The coefficients become fewer as the picture is
// made, but for parts of pages and the last rows.
func (h *header) atOnce() int64 {
	if h.frugal() == 1 {
		return max(h.picture(), h.coefficients()) + h.coefficients()/16
	}
	return h.picture() + h.coefficients()
}

// result makes an error of what C returns.
func result(code C.int, message *[C.acol_jpeg_message]C.char) error {
	switch code {
	case C.acol_jpeg_done:
		return nil
	case C.acol_jpeg_truncated:
		return io.ErrUnexpectedEOF
	}
	return errors.New(C.GoString(&message[0]))
}

// streamed is the most bytes of coefficients of a file of several scans that is streamed.
const streamed = 16 << 20

// Streams says that there are Streams in this build.
const Streams = true

// Stream is a JPEG file that is resized while it is decoded, strip by strip, so that a picture of
// any size takes little memory.
type Stream struct {
	// Width and Height are those of the picture, in pixels.
	Width, Height int

	raw   []byte
	h     *header
	plain bool // resizes without vector code
}

// NewStream reads what a file says of itself. It is nil without an error where the file has to be
// decoded as a whole: it has several scans and is larger than streamed allows.
func NewStream(raw []byte) (*Stream, error) {
	h, err := check(raw)
	if err != nil || h.coefficients() > streamed {
		return nil, wrap(err)
	}
	return &Stream{Width: h.width, Height: h.height, raw: raw, h: h}, nil
}

// Resize decodes the file to R, G and B and resizes the picture as the axes say. Each pixel that is
// resized spans scale x scale of the picture: 1, 2, 4 or 8. The result is packed, with the axes
// (rows.N,columns.N,3). Where scale is 1, it is that of PIL's resize of what Decode gives. The
// errors are those of Decode.
func (s *Stream) Resize(scale int, columns, rows Axis) ([]byte, error) {
	pix := make([]byte, 3*columns.N*rows.N)
	var pin runtime.Pinner
	defer pin.Unpin()
	axis := func(a Axis) C.struct_acol_axis {
		pin.Pin(&a.Results[0])
		return C.struct_acol_axis{
			n: C.int(a.N), most: C.int(a.Most), results: (*C.int32_t)(&a.Results[0]),
		}
	}
	want := s.h.want(4, scale)
	if !s.plain {
		want.vectors = 1
	}
	var message [C.acol_jpeg_message]C.char
	if err := result(C.acol_jpeg_resize((*C.uchar)(&s.raw[0]), C.size_t(len(s.raw)), want,
		axis(columns), axis(rows), (*C.uchar)(&pix[0]), &message[0]), &message); err != nil {
		return nil, wrap(err)
	}
	return pix, nil
}
