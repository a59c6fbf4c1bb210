package pixels

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/gif"
)

// gifScreen is the length of a GIF's header, up to its palette.
const gifScreen = 13

// gifConfig reads the size of a GIF's screen. It looks for the first frame, which may be larger,
// in the first MiB.
func gifConfig(s *source) (image.Config, error) {
	const most = 1 << 20
	raw := bytes.Clone(s.part(0, most))
	openGIF(raw)
	return gif.DecodeConfig(bytes.NewReader(raw))
}

// decodeGIF decodes the first frame of a GIF and places it on its screen as Pillow does. Where the
// frame does not reach, the screen has the colour that is declared transparent, or the first of
// the palette. That colour is kept, as in every reader that drops transparency.
func decodeGIF(s *source) (image.Image, error) {
	raw, err := s.bytes()
	if err != nil {
		return nil, err
	}
	raw = bytes.Clone(raw)
	behind := openGIF(raw)
	decoded, err := gif.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	frame, ok := decoded.(*image.Paletted)
	if !ok {
		return nil, errors.New("gif: the first frame has no palette")
	}
	w, h := int(binary.LittleEndian.Uint16(raw[6:])), int(binary.LittleEndian.Uint16(raw[8:]))
	if screen := image.Rect(0, 0, w, h); frame.Rect != screen {
		return onScreen(frame, screen, behind), nil
	}
	return frame, nil
}

// openGIF prepares the bytes of a GIF for package gif, as far as they reach, and gives the place
// in the palette of the colour behind the first frame. It takes away the mark of a transparent
// colour, because package gif replaces a colour that is so marked by black. It enlarges a screen
// that the frame leaves, which package gif refuses.
func openGIF(raw []byte) (behind uint8) {
	const (
		extension = 0x21
		control   = 0xf9
		frame     = 0x2c
	)
	if len(raw) < gifScreen {
		return 0
	}
	at := gifScreen
	if flags := raw[10]; flags&0x80 != 0 {
		at += 3 << (flags&7 + 1)
	}
	for at+8 < len(raw) && raw[at] == extension {
		if raw[at+1] == control && raw[at+2] >= 4 && raw[at+3]&1 != 0 {
			raw[at+3] &^= 1
			behind = raw[at+6]
		}
		at += 2
		for at < len(raw) && raw[at] != 0 { // blocks of data, each behind its length
			at += 1 + int(raw[at])
		}
		at++
	}
	if at+9 < len(raw) && raw[at] == frame {
		for _, axis := range []int{0, 2} {
			u16 := func(at int) int { return int(binary.LittleEndian.Uint16(raw[at:])) }
			end := u16(at+1+axis) + u16(at+5+axis)
			if end > u16(6+axis) && end < 1<<16 {
				binary.LittleEndian.PutUint16(raw[6+axis:], uint16(end))
			}
		}
	}
	return behind
}

// onScreen places a frame on the screen of its GIF, which has the colour behind elsewhere.
func onScreen(frame *image.Paletted, screen image.Rectangle, behind uint8) *image.Paletted {
	m := image.NewPaletted(screen, frame.Palette)
	for i := range m.Pix {
		m.Pix[i] = behind
	}
	seen := frame.Rect.Intersect(screen)
	for y := seen.Min.Y; y < seen.Max.Y; y++ {
		copy(m.Pix[m.PixOffset(seen.Min.X, y):][:seen.Dx()], frame.Pix[frame.PixOffset(seen.Min.X, y):])
	}
	return m
}
