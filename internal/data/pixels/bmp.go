package pixels

import (
	"encoding/binary"
	"image"
	"math/bits"

	"github.com/jsummers/gobmp"
)

// decodeBMP decodes a BMP. Samples of less than 8 bits are stretched to 0 to 255 and rounded down,
// as Pillow does; package gobmp rounds them to the nearest.
func decodeBMP(s *source) (image.Image, error) {
	m, err := gobmp.Decode(s.stream())
	if err != nil {
		return nil, err
	}
	// The fields of a BMP's header of 40 bytes and more, after the 14 of the file's.
	const lengthAt, depthAt, masksAt, masked = 14, 28, 54, 3
	head := s.part(0, masksAt+12)
	n, ok := m.(*image.NRGBA)
	if !ok || len(head) < masksAt+12 || binary.LittleEndian.Uint32(head[lengthAt:]) < 40 ||
		binary.LittleEndian.Uint16(head[depthAt:]) != 16 {
		return m, nil
	}
	masks := [3]uint32{0x7c00, 0x3e0, 0x1f}
	if binary.LittleEndian.Uint32(head[depthAt+2:]) == masked {
		for c := range masks {
			masks[c] = binary.LittleEndian.Uint32(head[masksAt+4*c:])
		}
	}
	for c, mask := range masks {
		most := 1<<bits.OnesCount32(mask) - 1
		var down [256]uint8
		for k := range min(most, 255) + 1 {
			down[(k*255+most/2)/max(most, 1)] = uint8(k * 255 / max(most, 1))
		}
		for i := c; i < len(n.Pix); i += 4 {
			n.Pix[i] = down[n.Pix[i]]
		}
	}
	return n, nil
}
