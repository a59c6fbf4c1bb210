package pixels

import "encoding/binary"

// Resizing multiplies bytes by weights of at most 2^coeffBits, whose sum is about that. So a sum of
// products fits 32 bits and is never negative, and one 64-bit word sums two at a time. Four words,
// here called lanes, sum eight: word k those of the bytes k and k+4.

// laneBytes masks the two bytes of a word that one of the lanes takes.
const laneBytes = 0x000000FF_000000FF

// laneHalf is half a unit in both sums of a lane.
const laneHalf = 1<<(coeffBits-1) | 1<<(coeffBits+31)

// laneTaps bounds the number of weights of one output, so that their rounding cannot lift a sum
// above 255 units.
const laneTaps = 1024

// lanes are eight sums of products, two in each word.
type lanes struct{ a, b, c, d uint64 }

// halves has half a unit in every sum, where sums begin so that they are rounded.
var halves = lanes{laneHalf, laneHalf, laneHalf, laneHalf}

// add adds the products of eight bytes and a weight. It takes and gives values, which stay in
// registers.
func (l lanes) add(bytes uint64, weight int32) lanes {
	w := uint64(weight)
	l.a += (bytes & laneBytes) * w
	l.b += (bytes >> 8 & laneBytes) * w
	l.c += (bytes >> 16 & laneBytes) * w
	l.d += (bytes >> 24 & laneBytes) * w
	return l
}

// whole gives the whole units of the sums as eight bytes.
func (l lanes) whole() uint64 {
	return l.a>>coeffBits&laneBytes | l.b>>coeffBits&laneBytes<<8 |
		l.c>>coeffBits&laneBytes<<16 | l.d>>coeffBits&laneBytes<<24
}

// put writes the sums to the first eight of sums.
func (l lanes) put(sums []int32) {
	_ = sums[7]
	sums[0], sums[4] = int32(uint32(l.a)), int32(l.a>>32)
	sums[1], sums[5] = int32(uint32(l.b)), int32(l.b>>32)
	sums[2], sums[6] = int32(uint32(l.c)), int32(l.c>>32)
	sums[3], sums[7] = int32(uint32(l.d)), int32(l.d>>32)
}

// shrinkRows applies the weights of columns to the rows from top to bottom-1, of one byte a pixel,
// eight rows at a time. dst gets the rows packed.
func (p plane) shrinkRows(dst []uint8, columns []taps, top, bottom int) {
	left, right := extent(columns)
	strip := make([]uint64, (right-left+7)&^7)    // a source column's pixels in eight rows
	narrow := make([]uint64, (len(columns)+7)&^7) // the same of the result
	for y := top; y < bottom; y += 8 {
		var src [8][]uint8
		for i := range src { // the last row stands in for those below it
			src[i] = p.pix[min(y+i, bottom-1)*p.stride:][left:right]
		}
		for x := 0; x < len(strip); x += 8 {
			loadBlock((*[8]uint64)(strip[x:]), &src, x)
		}
		for x, t := range columns {
			l := halves
			in := strip[t.first-left:][:len(t.weights)]
			for k, w := range t.weights {
				l = l.add(in[k], w)
			}
			narrow[x] = l.whole()
		}
		for i := range min(8, bottom-y) {
			src[i] = dst[(y-top+i)*len(columns):][:len(columns)]
		}
		for x := 0; x < len(narrow); x += 8 {
			storeBlock(&src, (*[8]uint64)(narrow[x:]), x, min(8, bottom-y))
		}
	}
}

// extent gives the range of inputs, from first to last-1, that some outputs need.
func extent(all []taps) (first, last int) {
	first = all[0].first
	for _, t := range all {
		first = min(first, t.first)
		last = max(last, t.first+len(t.weights))
	}
	return first, last
}

// loadBlock reads eight columns of eight rows, from column x on. Each word gets a column; beyond
// the ends of the rows it is 0.
func loadBlock(b *[8]uint64, rows *[8][]uint8, x int) {
	for i, row := range rows {
		if len(row)-x >= 8 {
			b[i] = binary.LittleEndian.Uint64(row[x:])
			continue
		}
		var tail [8]uint8
		copy(tail[:], row[x:])
		b[i] = binary.LittleEndian.Uint64(tail[:])
	}
	transposeBytes(b)
}

// storeBlock writes words, each a column, to the first n rows from column x on. It changes b.
func storeBlock(rows *[8][]uint8, b *[8]uint64, x, n int) {
	transposeBytes(b)
	for i, row := range rows[:n] {
		if len(row)-x >= 8 {
			binary.LittleEndian.PutUint64(row[x:], b[i])
			continue
		}
		var tail [8]uint8
		binary.LittleEndian.PutUint64(tail[:], b[i])
		copy(row[x:], tail[:])
	}
}

// transposeBytes swaps byte j of word i with byte i of word j, for all i and j: first halves of
// words, then quarters, then bytes.
func transposeBytes(b *[8]uint64) {
	for i := range 4 {
		t := (b[i]>>32 ^ b[i+4]) & 0x00000000_FFFFFFFF
		b[i], b[i+4] = b[i]^t<<32, b[i+4]^t
	}
	for _, i := range [4]int{0, 1, 4, 5} {
		t := (b[i]>>16 ^ b[i+2]) & 0x0000FFFF_0000FFFF
		b[i], b[i+2] = b[i]^t<<16, b[i+2]^t
	}
	for i := 0; i < 8; i += 2 {
		t := (b[i]>>8 ^ b[i+1]) & 0x00FF00FF_00FF00FF
		b[i], b[i+1] = b[i]^t<<8, b[i+1]^t
	}
}
