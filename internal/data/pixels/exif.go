package pixels

import (
	"bytes"
	"encoding/binary"
	"image"

	"github.com/disintegration/imaging"

	"acol/internal/box"
)

// Orientation is the value of the EXIF tag 0x0112, which says how the stored pixels must be
// turned and mirrored to show the picture that was taken: 1 to 8, or 0 where a file has none.
type Orientation int

// Turns reports whether width and height are swapped when the orientation is applied.
func (o Orientation) Turns() bool { return o >= 5 && o <= 8 }

// upright turns and mirrors stored pixels by the orientation that indexes it; nil leaves them.
var upright = [9]func(image.Image) *image.NRGBA{
	2: imaging.FlipH,
	3: imaging.Rotate180,
	4: imaging.FlipV,
	5: imaging.Transpose,
	6: imaging.Rotate270,
	7: imaging.Transverse,
	8: imaging.Rotate90,
}

// apply turns and mirrors the stored pixels into the picture that was taken.
func (o Orientation) apply(img image.Image) image.Image {
	if turn := upright[o]; turn != nil {
		return turn(img)
	}
	return img
}

// Stored maps a box on the upright picture, of w x h pixels, back to the pixels as the file
// stores them.
func (o Orientation) Stored(b box.Box, w, h int) box.Box {
	if o == 2 || o == 3 || o == 7 || o == 6 {
		b.X0, b.X1 = w-1-b.X1, w-1-b.X0
	}
	if o == 3 || o == 4 || o == 7 || o == 8 {
		b.Y0, b.Y1 = h-1-b.Y1, h-1-b.Y0
	}
	if o.Turns() {
		b = box.Box{X0: b.Y0, Y0: b.X0, X1: b.Y1, Y1: b.X1}
	}
	return b
}

// orientation finds the EXIF orientation of a JPEG in its bytes, of which those up to the frame
// header are enough. It is 0 for other formats and for broken EXIF data.
func orientation(raw []byte) Orientation {
	if len(raw) < 2 || raw[0] != 0xff || raw[1] != 0xd8 {
		return 0
	}
	for raw = raw[2:]; len(raw) >= 4; {
		if raw[0] != 0xff {
			return 0
		}
		marker, length := raw[1], int(binary.BigEndian.Uint16(raw[2:]))
		if marker == 0xff { // fill byte
			raw = raw[1:]
			continue
		}
		if marker == 0xda || length < 2 || len(raw) < 2+length {
			return 0
		}
		segment, found := bytes.CutPrefix(raw[4:2+length], []byte("Exif\x00\x00"))
		if marker == 0xe1 && found {
			return tiffOrientation(segment)
		}
		raw = raw[2+length:]
	}
	return 0
}

// tiffOrientation reads the orientation from the first directory of EXIF's TIFF block.
func tiffOrientation(b []byte) Orientation {
	if len(b) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 0
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		const entry = 12
		if len(entries) < entry {
			return 0
		}
		if order.Uint16(entries) == 0x0112 {
			if v := order.Uint16(entries[8:]); v >= 1 && v <= 8 {
				return Orientation(v)
			}
			return 0
		}
		entries = entries[entry:]
	}
	return 0
}
