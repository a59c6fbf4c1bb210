package pixels

import (
	"encoding/binary"
	"image"
)

// large says that a picture is turned in its own memory: a copy would take too much, while turning
// in place is several times slower.
func large(w, h int) bool {
	const most = 32_000_000
	return w*h > most
}

// turnInPlace turns and mirrors a packed picture by an orientation above 1.
func (o Orientation) turnInPlace(m *image.NRGBA) {
	if o.Turns() {
		transpose(m)
	}
	if o == 2 || o == 3 || o == 6 || o == 7 {
		for y := range m.Rect.Dy() {
			row := m.Pix[y*m.Stride:][:m.Stride]
			for a, b := 0, len(row)-4; a < b; a, b = a+4, b-4 {
				swap(row[a:], row[b:])
			}
		}
	}
	if o == 3 || o == 4 || o == 7 || o == 8 {
		for a, b := 0, len(m.Pix)-m.Stride; a < b; a, b = a+m.Stride, b-m.Stride {
			for x := 0; x < m.Stride; x += 4 {
				swap(m.Pix[a+x:], m.Pix[b+x:])
			}
		}
	}
}

// swap exchanges two pixels.
func swap(a, b []uint8) {
	x, y := binary.LittleEndian.Uint32(a), binary.LittleEndian.Uint32(b)
	binary.LittleEndian.PutUint32(a, y)
	binary.LittleEndian.PutUint32(b, x)
}

// transpose makes rows of the columns of a packed picture. Each pixel pushes that from its place
// which is there, until a cycle closes; a bit a pixel says which have been moved.
func transpose(m *image.NRGBA) {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	moved := make([]uint64, (w*h+63)/64)
	for start := range w * h {
		if moved[start/64]>>(start%64)&1 != 0 {
			continue
		}
		carried := binary.LittleEndian.Uint32(m.Pix[4*start:])
		for at := start; ; {
			at = at%w*h + at/w
			p := m.Pix[4*at:]
			next := binary.LittleEndian.Uint32(p)
			binary.LittleEndian.PutUint32(p, carried)
			moved[at/64] |= 1 << (at % 64)
			if carried = next; at == start {
				break
			}
		}
	}
	m.Rect, m.Stride = image.Rect(0, 0, h, w), 4*h
}
