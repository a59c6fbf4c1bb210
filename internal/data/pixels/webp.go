package pixels

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/draw"
	"io"
	"math"

	"golang.org/x/image/webp"
)

// webpConfig reads the header of a WebP. Lossless pixels of one colour take no bits at all, so that
// a file of a few bytes can claim a picture that takes long to fill: such a claim is an error.
func webpConfig(s *source) (image.Config, error) {
	c, err := webp.DecodeConfig(s.stream())
	if err != nil {
		return c, err
	}
	const free, perByte = 16 << 20, 10_000 // pixels
	if n := int64(c.Width) * int64(c.Height); n > free && n/perByte > s.Size() {
		return c, fmt.Errorf("webp: %d bytes claim %dx%d pixels", s.Size(), c.Width, c.Height)
	}
	return c, nil
}

// decodeWebP decodes a WebP file, of an animation the first frame. Where that frame does not cover
// the canvas, the canvas is black, as Pillow has it.
func decodeWebP(s *source) (image.Image, error) {
	frame, place, err := firstFrame(s)
	if err != nil {
		return nil, err
	}
	if frame == nil {
		return decodeStill(s.stream())
	}
	c, err := webp.DecodeConfig(s.stream())
	if err != nil {
		return nil, err
	}
	m, err := decodeStill(bytes.NewReader(frame))
	if err != nil {
		return nil, err
	}
	canvas := image.Rect(0, 0, c.Width, c.Height)
	if m.Bounds() == canvas && place == (image.Point{}) {
		return m, nil
	}
	out := image.NewNRGBA(canvas)
	draw.Draw(out, m.Bounds().Add(place), plain(m), image.Point{}, draw.Src)
	return out, nil
}

// decodeStill decodes a WebP that is no animation.
func decodeStill(r io.Reader) (image.Image, error) {
	m, err := webp.Decode(r)
	if err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		widenRange(m)
	case *image.NYCbCrA:
		widenRange(&m.YCbCr)
	}
	return m, nil
}

// firstFrame gives the first frame of an animation as a WebP of its own, and its place on the
// canvas. frame is nil if the file is no animation.
func firstFrame(s *source) (frame []byte, place image.Point, err error) {
	const (
		animated  = 1 << 1 // flags of the header
		hasAlpha  = 1 << 4
		frameHead = 16
	)
	if head := s.part(12, 9); len(head) < 9 || string(head[:4]) != "VP8X" || head[8]&animated == 0 {
		return nil, place, nil
	}
	u24 := func(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }
	for at := int64(12); ; {
		head := s.part(at, 8)
		if len(head) < 8 {
			return nil, place, io.ErrUnexpectedEOF
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) != "ANMF" {
			at += 8 + length + length&1
			continue
		}
		data := s.part(at+8, int(length))
		if int64(len(data)) < length || length < frameHead+8 {
			return nil, place, io.ErrUnexpectedEOF
		}
		place = image.Pt(2*u24(data), 2*u24(data[3:]))
		var still bytes.Buffer
		still.WriteString("RIFF....WEBPVP8X\x0a\x00\x00\x00")
		flags := byte(0)
		if string(data[frameHead:][:4]) == "ALPH" {
			flags = hasAlpha
		}
		still.Write([]byte{flags, 0, 0, 0})
		still.Write(data[6:12]) // its width and height
		still.Write(data[frameHead:])
		frame = still.Bytes()
		binary.LittleEndian.PutUint32(frame[4:], uint32(len(frame)-8))
		return frame, place, nil
	}
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
