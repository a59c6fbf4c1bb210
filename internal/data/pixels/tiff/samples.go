package tiff

import (
	"encoding/binary"
	"io"
	"math"

	"acol/internal/half"
)

// sampleRows reads the rows of a block whose pixels have whole samples each.
func (p *Page) sampleRows(r io.Reader) rows {
	n := p.samples
	if p.planar {
		n = 1
	}
	if p.spare.raw == nil {
		p.spare.raw, p.spare.out = make([]byte, p.rowBytes()), make([]uint8, p.blockW*n)
		p.spare.tmp = make([]byte, len(p.spare.raw))
	}
	raw, out, tmp := p.spare.raw, p.spare.out, p.spare.tmp
	return func() ([]uint8, int, error) {
		if _, err := io.ReadFull(r, raw); err != nil {
			return nil, 0, err
		}
		switch p.predictor {
		case 2:
			p.sumUp(raw, n)
		case 3:
			p.joinFloats(raw, tmp, n)
		}
		if p.bits == 8 {
			return raw, n, nil
		}
		p.to8(out, raw)
		return out, n, nil
	}
}

// sumUp undoes the horizontal predictor: each sample but those of the first pixel is stored as its
// difference from the pixel before.
func (p *Page) sumUp(row []byte, n int) {
	order := p.dir.order
	switch p.bits {
	case 8:
		for i := n; i < len(row); i++ {
			row[i] += row[i-n]
		}
	case 16:
		for i := 2 * n; i+2 <= len(row); i += 2 {
			order.PutUint16(row[i:], order.Uint16(row[i:])+order.Uint16(row[i-2*n:]))
		}
	case 32:
		for i := 4 * n; i+4 <= len(row); i += 4 {
			order.PutUint32(row[i:], order.Uint32(row[i:])+order.Uint32(row[i-4*n:]))
		}
	}
}

// joinFloats undoes the predictor of floating-point samples: the first bytes of all samples, the
// highest, stand before the second ones and so on, as differences from the byte before.
func (p *Page) joinFloats(row, tmp []byte, n int) {
	for i := n; i < len(row); i++ {
		row[i] += row[i-n]
	}
	copy(tmp, row)
	size := p.bits / 8
	count := len(row) / size
	for i := range count {
		for k := range size {
			at := k
			if p.dir.order == binary.ByteOrder(binary.LittleEndian) {
				at = size - 1 - k
			}
			row[i*size+at] = tmp[k*count+i]
		}
	}
}

// to8 turns samples into 8 bits. Of 12 and 16 bits the highest stay. Signed and floating-point
// numbers, and those of 32 bits, are cut to 0 to 255 as Pillow does. Those of less than 8 bits are
// left for the shades or the palette.
func (p *Page) to8(out []uint8, raw []byte) {
	order := p.dir.order
	switch {
	case p.bits < 8:
		per := 8 / p.bits
		mask := byte(1<<p.bits - 1)
		for i := range out {
			out[i] = raw[i/per] >> (8 - p.bits*(i%per+1)) & mask
		}
	case p.bits == 12:
		for i := range out {
			at := i / 2 * 3
			if i%2 == 0 {
				out[i] = raw[at]
			} else {
				out[i] = raw[at+1]<<4 | raw[at+2]>>4
			}
		}
	case p.bits == 16 && p.sampleFormat == unsigned:
		high := 0
		if order == binary.ByteOrder(binary.LittleEndian) {
			high = 1
		}
		for i := range out {
			out[i] = raw[2*i+high]
		}
	default:
		size := p.bits / 8
		for i := range out {
			out[i] = uint8(min(max(p.value(raw[i*size:]), 0), 255))
		}
	}
}

// value reads a sample that is not an unsigned one of 16 bits or less. What is no number is 0.
func (p *Page) value(b []byte) float64 {
	order := p.dir.order
	var v float64
	switch {
	case p.sampleFormat == floating && p.bits == 16:
		v = float64(half.Float16(order.Uint16(b)))
	case p.sampleFormat == floating && p.bits == 32:
		v = float64(math.Float32frombits(order.Uint32(b)))
	case p.sampleFormat == floating:
		v = math.Float64frombits(order.Uint64(b))
	case p.bits == 16:
		v = float64(int16(order.Uint16(b)))
	case p.sampleFormat == signed:
		v = float64(int32(order.Uint32(b)))
	default:
		v = float64(order.Uint32(b))
	}
	if v != v {
		return 0
	}
	return v
}

// subsampledRows reads the rows of a block in which some pixels share their chroma: units of subX x
// subY luma samples, which are followed by a blue and a red one.
func (p *Page) subsampledRows(r io.Reader) rows {
	if p.spare.raw == nil {
		p.spare.raw, p.spare.out = make([]byte, p.rowBytes()), make([]uint8, 3*p.blockW)
	}
	raw, out := p.spare.raw, p.spare.out
	unit, y := p.subX*p.subY+2, p.subY
	return func() ([]uint8, int, error) {
		if y == p.subY {
			if _, err := io.ReadFull(r, raw); err != nil {
				return nil, 0, err
			}
			y = 0
		}
		for x := range p.blockW {
			u := raw[x/p.subX*unit:][:unit]
			out[3*x], out[3*x+1], out[3*x+2] = u[y*p.subX+x%p.subX], u[unit-2], u[unit-1]
		}
		y++
		return out, 3, nil
	}
}
