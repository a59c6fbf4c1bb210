package pixels

import (
	"image"
	"math/rand/v2"
	"testing"
)

// weighted is one output of a plane's row or column by the definition.
func weighted(in func(i int) uint8, t taps) uint8 {
	sum := int64(1) << (coeffBits - 1)
	for k, w := range t.weights {
		sum += int64(in(t.first+k)) * int64(w)
	}
	return uint8(min(sum>>coeffBits, 255))
}

// resampled is plane.resample of one byte a pixel, a value at a time.
func resampled(p plane, columns, rows []taps, height int) []uint8 {
	narrow := make([]uint8, height*len(columns))
	for y := range height {
		for x, t := range columns {
			narrow[y*len(columns)+x] = weighted(func(i int) uint8 { return p.pix[y*p.stride+i] }, t)
		}
	}
	out := make([]uint8, 0, len(rows)*len(columns))
	for _, t := range rows {
		for x := range columns {
			out = append(out, weighted(func(i int) uint8 { return narrow[i*len(columns)+x] }, t))
		}
	}
	return out
}

func TestLanesSumAsSingleBytesDo(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, tc := range []struct {
		name       string
		w, h       int
		crop       image.Rectangle
		outW, outH int
		fill       func() uint8
	}{
		{
			"shrinking", 100, 61, image.Rect(0, 0, 100, 61), 24, 16,
			func() uint8 { return uint8(r.Uint32()) },
		},
		{
			"growing, odd", 13, 9, image.Rect(0, 0, 13, 9), 37, 19,
			func() uint8 { return uint8(r.Uint32()) },
		},
		{
			"a crop at the corner", 50, 40, image.Rect(31, 22, 50, 40), 21, 23,
			func() uint8 { return uint8(r.Uint32()) },
		},
		{"one pixel", 1, 1, image.Rect(0, 0, 1, 1), 9, 3, func() uint8 { return 255 }},
		{"white stays white", 333, 77, image.Rect(0, 0, 333, 77), 31, 30, func() uint8 { return 255 }},
		{
			"as many weights as lanes take", 8 * laneTaps, 3, image.Rect(0, 0, 8*laneTaps, 3), 17,
			2, func() uint8 { return 255 },
		},
		{
			"more weights than lanes take", 9 * laneTaps, 3, image.Rect(0, 0, 9*laneTaps, 3), 3,
			2, func() uint8 { return 255 },
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := plane{make([]uint8, tc.w*tc.h), tc.w, 1, 1}
			for i := range p.pix {
				p.pix[i] = tc.fill()
			}
			columns := triangleTaps(float64(tc.crop.Min.X), float64(tc.crop.Max.X), tc.crop.Min.X, tc.crop.Max.X, tc.outW, 0, tc.outW)
			rows := triangleTaps(float64(tc.crop.Min.Y), float64(tc.crop.Max.Y), tc.crop.Min.Y, tc.crop.Max.Y, tc.outH, 0, tc.outH)
			got, want := p.resample(columns, rows), resampled(p, columns, rows, tc.h)
			if len(got) != len(want) {
				t.Fatalf("%d values, want %d", len(got), len(want))
			}
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("row %d column %d: got %d, want %d", i/tc.outW, i%tc.outW, got[i], want[i])
				}
			}
		})
	}
}

func TestTransposeBytesExchangesRowsAndColumns(t *testing.T) {
	var b [8]uint64
	for i := range b {
		for j := range 8 {
			b[i] |= uint64(8*i+j) << (8 * j)
		}
	}
	transposeBytes(&b)
	for i := range b {
		for j := range 8 {
			if got := uint8(b[i] >> (8 * j)); got != uint8(8*j+i) {
				t.Fatalf("word %d byte %d: %d, want %d", i, j, got, 8*j+i)
			}
		}
	}
}
