//go:build !(onednn && amd64 && cgo)

package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"strings"
)

// coefficient is the size of a coefficient in the memory of image/jpeg, in bytes.
const coefficient = 4

// Library names the decoder.
func Library() string { return "image/jpeg" }

// Decode decodes a JPEG file to what image/jpeg makes of it. CMYK is taken to be inverted, whether
// or not an Adobe segment says so. The error of a file that ends early is io.ErrUnexpectedEOF.
func Decode(raw []byte) (image.Image, error) {
	h, err := check(raw)
	if err != nil {
		return nil, wrap(err)
	}
	var r io.Reader = bytes.NewReader(raw)
	if h.arithmetic() {
		return nil, wrap(errors.New("it has arithmetic coding, " + unreadHere))
	}
	if len(h.components) == 4 && !h.adobe {
		r = io.MultiReader(bytes.NewReader(inks), bytes.NewReader(raw[len(Magic):]))
	}
	img, err := jpeg.Decode(r)
	switch u := jpeg.UnsupportedError(""); {
	case errors.As(err, &u):
		err = fmt.Errorf("its components are sampled %s: %w, %s", h.sampling(), err, unreadHere)
	case errors.Is(err, jpeg.FormatError("short Huffman data")):
		err = io.ErrUnexpectedEOF
	case err != nil && h.progressive() && h.restarts:
		err = fmt.Errorf("it is progressive and has restart markers: %w, %s", err, unreadHere)
	}
	if err != nil {
		return nil, wrap(err)
	}
	return img, nil
}

// picture gives the bytes of what Decode makes: planes, and of CMYK a picture beside them.
func (h *header) picture() int64 {
	n := h.blocks() * 64
	if len(h.components) == 4 {
		n += 4 * int64(h.width) * int64(h.height)
	}
	return n
}

// atOnce gives the most bytes that decoding takes.
func (h *header) atOnce() int64 { return h.picture() + h.coefficients() }

// arithmetic reports whether the file has arithmetic coding in place of Huffman's.
func (h *header) arithmetic() bool { return h.frame > jpg }

// sampling writes the sampling factors of the components, such as 2x2,1x1,1x1.
func (h *header) sampling() string {
	all := make([]string, len(h.components))
	for i, c := range h.components {
		all[i] = fmt.Sprintf("%dx%d", c.h, c.v)
	}
	return strings.Join(all, ",")
}

// DecodeGrey is Decode, whose result has the luma of a file as it is stored.
func DecodeGrey(raw []byte) (image.Image, error) { return Decode(raw) }

// Streams says that there are no Streams in this build.
const Streams = false

// Stream stands for a file that is resized while it is decoded, which image/jpeg does not do.
type Stream struct {
	Width, Height int

	plain bool
}

// NewStream gives nil: every file is decoded as a whole.
func NewStream([]byte) (*Stream, error) { return nil, nil }

// Resize is never called, because there is no Stream.
func (s *Stream) Resize(int, Axis, Axis) ([]byte, error) { panic("jpeg: nothing is streamed") }

// unreadHere ends the message about a variant that libjpeg-turbo would read.
const unreadHere = "which only a build with native kernels reads: use one, or convert the file, " +
	"for instance with djpeg or ImageMagick's convert"

// inks begins a file whose four components are C, M, Y and K: image/jpeg wants Adobe's word for it.
var inks = []byte(Magic + "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
