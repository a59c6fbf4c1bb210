// Package jpeg decodes JPEG files: in native builds through libjpeg-turbo
// (https://libjpeg-turbo.org), to the pixels that PIL makes of them, in others through image/jpeg.
// In both it bounds what a file may cost before anything is decoded, and it names the variant of a
// file that it does not read.
package jpeg

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"strings"
)

// Magic is what every JPEG file begins with.
const Magic = "\xff\xd8"

// The second bytes of the markers that matter here.
const (
	soi   = 0xd8 // start of the image
	eoi   = 0xd9 // end of the image
	sos   = 0xda // start of a scan
	dht   = 0xc4 // Huffman tables
	jpg   = 0xc8 // reserved
	dac   = 0xcc // settings of arithmetic coding
	dri   = 0xdd // the interval of restart markers
	app14 = 0xee // Adobe's segment
)

// component is one of the planes of a picture.
type component struct {
	id   byte
	h, v int // the sampling factors, 1 to 4
}

// header is what a file says of itself.
type header struct {
	width, height int
	precision     int  // bits of a sample
	frame         byte // the second byte of the frame header's marker, 0xc0 to 0xcf
	components    []component
	adobe         bool // an Adobe segment says which colours the components are
	restarts      bool // restart markers divide the data
	several       bool // the data comes in several scans
}

// progressive reports whether the file refines its coefficients scan by scan.
func (h *header) progressive() bool { return h.frame&3 == 2 }

// segments walks over the markers of a file.
type segments struct{ r *bufio.Reader }

// next skips to the next marker, as decoders do that forgive surplus bytes, and gives its second
// byte. It is io.ErrUnexpectedEOF where there is none.
func (s segments) next() (byte, error) {
	for {
		if err := s.skipPast(0xff); err != nil {
			return 0, err
		}
		b := byte(0xff)
		for b == 0xff { // fill bytes
			var err error
			if b, err = s.r.ReadByte(); err != nil {
				return 0, noEOF(err)
			}
		}
		if b != 0 { // 0 makes the byte before it data
			return b, nil
		}
	}
}

// skipPast skips to behind the next byte b.
func (s segments) skipPast(b byte) error {
	for {
		_, err := s.r.ReadSlice(b)
		if err == nil {
			return nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return noEOF(err)
		}
	}
}

// body reads the segment behind a marker, without its length.
func (s segments) body() ([]byte, error) {
	n, err := s.length()
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	_, err = io.ReadFull(s.r, b)
	return b, noEOF(err)
}

// skip skips the segment behind a marker.
func (s segments) skip() error {
	n, err := s.length()
	if err == nil {
		_, err = s.r.Discard(n)
	}
	return noEOF(err)
}

// length reads the length of a segment without the two bytes that hold it.
func (s segments) length() (int, error) {
	var b [2]byte
	if _, err := io.ReadFull(s.r, b[:]); err != nil {
		return 0, noEOF(err)
	}
	n := int(binary.BigEndian.Uint16(b[:]))
	if n < 2 {
		return 0, fmt.Errorf("a segment of %d bytes is too short", n)
	}
	return n - 2, nil
}

// alone reports whether a marker has no segment behind it.
func alone(marker byte) bool { return marker == 0x01 || marker >= 0xd0 && marker <= soi }

// isFrame reports whether a marker begins a frame header.
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != dht && marker != jpg && marker != dac
}

// open checks the first bytes of a file, and leaves the reader behind them.
func open(r io.Reader) (segments, error) {
	s := segments{bufio.NewReader(r)}
	var magic [2]byte
	if _, err := io.ReadFull(s.r, magic[:]); err != nil {
		return s, noEOF(err)
	}
	if string(magic[:]) != Magic {
		return s, errors.New("does not begin as a JPEG does")
	}
	return s, nil
}

// readHeader reads a file up to its frame header.
func (s segments) readHeader() (*header, error) {
	h := &header{}
	for {
		marker, err := s.next()
		switch {
		case err != nil:
			return nil, err
		case alone(marker):
		case marker == eoi || marker == sos:
			return nil, errors.New("has no frame header before its data")
		case isFrame(marker):
			b, err := s.body()
			if err != nil {
				return nil, err
			}
			h.frame = marker
			return h, h.read(b)
		case marker == app14:
			b, err := s.body()
			if err != nil {
				return nil, err
			}
			h.adobe = h.adobe || len(b) >= 12 && strings.HasPrefix(string(b), "Adobe")
		default:
			h.restarts = h.restarts || marker == dri
			if err := s.skip(); err != nil {
				return nil, err
			}
		}
	}
}

// read reads the frame header itself and refuses what no decoder here reads.
func (h *header) read(b []byte) error {
	if len(b) < 6 || len(b) != 6+3*int(b[5]) {
		return fmt.Errorf("a frame header of %d bytes has the wrong length", len(b))
	}
	h.precision = int(b[0])
	h.height, h.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	for ; len(b) >= 9; b = b[3:] {
		c := component{b[6], int(b[7] >> 4), int(b[7] & 15)}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return fmt.Errorf("sampling factors %dx%d are not 1 to 4", c.h, c.v)
		}
		h.components = append(h.components, c)
	}
	switch n := len(h.components); {
	case h.frame&3 == 3:
		return errors.New("it is a lossless JPEG, " + unread)
	case h.frame&7 > 4:
		return errors.New("it is a hierarchical JPEG, " + unread)
	case h.precision != 8:
		return fmt.Errorf("it is a JPEG of %d bits a sample, %s", h.precision, unread)
	case n != 1 && n != 3 && n != 4:
		return fmt.Errorf("it is a JPEG of %d components, %s", n, unread)
	case h.height == 0:
		return errors.New("its height follows its data (DNL), " + unread)
	case h.width == 0:
		return errors.New("its width is 0")
	}
	return nil
}

// unread ends the message about a variant that no decoder here reads.
const unread = "which is not read: convert it to PNG, for instance with ImageMagick's convert"

// DecodeConfig reads the size and the colours of a JPEG file from its header. The error of a file
// that ends in it is io.ErrUnexpectedEOF.
func DecodeConfig(r io.Reader) (image.Config, error) {
	s, err := open(r)
	if err != nil {
		return image.Config{}, wrap(err)
	}
	h, err := s.readHeader()
	if err != nil {
		return image.Config{}, wrap(err)
	}
	c := image.Config{ColorModel: color.YCbCrModel, Width: h.width, Height: h.height}
	switch len(h.components) {
	case 1:
		c.ColorModel = color.GrayModel
	case 4:
		c.ColorModel = color.CMYKModel
	}
	return c, nil
}

// wrap says of which format an error speaks.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("jpeg: %w", err)
}

// noEOF makes of the end of a file an unexpected one.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
