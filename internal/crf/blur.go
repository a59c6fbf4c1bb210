package crf

import "math"

// blur filters the pixels of a picture with a Gaussian of their places, rows and then columns. What
// is beyond three deviations counts nothing, nor does what is outside of the picture.
type blur struct {
	h, w int
	tap  []float32 // at the distances 0, 1, 2, ...
	rows []float32
}

func newBlur(h, w int, deviation float64) *blur {
	b := &blur{h: h, w: w, rows: make([]float32, h*w)}
	for d := 0; d <= int(math.Ceil(3*deviation)); d++ {
		b.tap = append(b.tap, float32(math.Exp(-float64(d*d)/(2*deviation*deviation))))
	}
	return b
}

// filter sets dst to the filtered values. The two may be the same.
func (b *blur) filter(dst, values []float32) {
	pass(b.rows, values, b.tap, b.h, b.w, b.w, 1)
	pass(dst, b.rows, b.tap, b.w, b.h, 1, b.w)
}

// pass filters count lines of length values, whose beginnings are line apart and whose values are
// step apart. dst and src must not overlap.
func pass(dst, src, tap []float32, count, length, line, step int) {
	for n := range count {
		for x := range length {
			at := n*line + x*step
			sum := tap[0] * src[at]
			for d := 1; d < len(tap); d++ {
				if x >= d {
					sum += tap[d] * src[at-d*step]
				}
				if x+d < length {
					sum += tap[d] * src[at+d*step]
				}
			}
			dst[at] = sum
		}
	}
}
