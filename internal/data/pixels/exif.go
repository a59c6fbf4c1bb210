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
	m, ok := img.(*image.NRGBA)
	if ok && o > 1 && m.Stride == 4*m.Rect.Dx() && large(m.Rect.Dx(), m.Rect.Dy()) {
		o.turnInPlace(m)
		return m
	}
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

// maxEXIF bounds the bytes of EXIF data that are looked at. A JPEG's have at most 64 KiB.
const maxEXIF = 1 << 16

// jpegOrientation finds the orientation in the first EXIF segment before the pixels of a JPEG.
func jpegOrientation(s *source) Orientation {
	for at := int64(2); ; {
		head := s.part(at, 10)
		if len(head) < 4 || head[0] != 0xff {
			return 0
		}
		marker, length := head[1], int(binary.BigEndian.Uint16(head[2:]))
		if marker == 0xff { // fill byte
			at++
			continue
		}
		if marker == 0xda || length < 2 {
			return 0
		}
		if exif := "Exif\x00\x00"; marker == 0xe1 && bytes.HasPrefix(head[4:], []byte(exif)) {
			return tiffOrientation(s.part(at+10, length-8))
		}
		at += 2 + int64(length)
	}
}

// pngOrientation finds the orientation in a PNG's eXIf chunk, wherever it stands.
func pngOrientation(s *source) Orientation {
	for at := int64(8); ; {
		head := s.part(at, 8)
		if len(head) < 8 {
			return 0
		}
		length := binary.BigEndian.Uint32(head)
		switch string(head[4:]) {
		case "eXIf":
			return tiffOrientation(s.part(at+8, int(min(length, maxEXIF))))
		case "IEND":
			return 0
		}
		at += 12 + int64(length)
	}
}

// webpOrientation finds the orientation in a WebP's EXIF chunk, if its header announces one.
func webpOrientation(s *source) Orientation {
	const announced = 1 << 3
	if head := s.part(12, 9); len(head) < 9 || string(head[:4]) != "VP8X" || head[8]&announced == 0 {
		return 0
	}
	for at := int64(12); ; {
		head := s.part(at, 8)
		if len(head) < 8 {
			return 0
		}
		length := binary.LittleEndian.Uint32(head[4:])
		if string(head[:4]) == "EXIF" {
			data := s.part(at+8, int(min(length, maxEXIF)))
			return tiffOrientation(bytes.TrimPrefix(data, []byte("Exif\x00\x00")))
		}
		at += 8 + int64(length) + int64(length&1)
	}
}

// tiffOrientation reads the orientation from the first directory of EXIF's TIFF block. Its value
// should be a SHORT, but whole numbers of other types are read as well.
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
			if v := wholeNumber(entries, order); v >= 1 && v <= 8 {
				return Orientation(v)
			}
			return 0
		}
		entries = entries[entry:]
	}
	return 0
}

// wholeNumber reads the value of a directory's entry by its type: a BYTE, SHORT or LONG, or the
// same with a sign. It is 0 for other types.
func wholeNumber(entry []byte, order binary.ByteOrder) uint32 {
	switch value := entry[8:]; order.Uint16(entry[2:]) {
	case 1, 6:
		return uint32(value[0])
	case 3, 8:
		return uint32(order.Uint16(value))
	case 4, 9:
		return order.Uint32(value)
	}
	return 0
}
