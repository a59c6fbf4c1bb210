package kernel

import "fmt"

// Size implements Backend: no layout here pads.
func (p *Portable) Size(shape []int, _ Layout) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// Reorder implements Backend for Plain and NHWC.
func (p *Portable) Reorder(dst, src []float32, shape []int, to, from Layout) error {
	n := p.Size(shape, Plain)
	if len(dst) < n || len(src) < n {
		return fmt.Errorf("reordering a tensor of shape %v: %d elements into %d, want %d", shape, len(src), len(dst), n)
	}
	for _, l := range []Layout{to, from} {
		if l != Plain && l != NHWC || l == NHWC && len(shape) != 4 {
			return fmt.Errorf("reordering a tensor of shape %v from layout %d to %d: not supported", shape, from, to)
		}
	}
	if to == from || n == 0 {
		p.Parallel(n, elementGrain, func(lo, hi int) { copy(dst[lo:hi], src[lo:hi]) })
		return nil
	}
	rows, cols := shape[1], shape[2]*shape[3] // of the source
	if from == NHWC {
		rows, cols = cols, rows
	}
	p.transposeEach(dst, src, shape[0], rows, cols)
	return nil
}

// transposeBand is how many columns of a matrix are transposed at a time: their
// rows of the result stay in the first-level cache.
const transposeBand = 64

// transposeEach transposes count matrices of rows x cols, one after the other.
func (p *Portable) transposeEach(dst, src []float32, count, rows, cols int) {
	bands := (cols + transposeBand - 1) / transposeBand
	grain := max(elementGrain/(transposeBand*rows), 1)
	p.Parallel(count*bands, grain, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := i / bands * rows * cols
			c0 := i % bands * transposeBand
			p.isa.vec.transpose(dst[at:], src[at:], rows, cols, c0, min(c0+transposeBand, cols))
		}
	})
}

// transpose does columns [c0,c1) of a matrix, by squares of eight as far as possible.
func (v *vectors) transpose(dst, src []float32, rows, cols, c0, c1 int) {
	whole := c0 + (c1-c0)&^7
	r := 0
	for ; r+8 <= rows; r += 8 {
		for c := c0; c < whole; c += 8 {
			v.transpose8(dst[c*rows+r:], rows, src[r*cols+c:], cols)
		}
		for c := whole; c < c1; c++ {
			for l := range 8 {
				dst[c*rows+r+l] = src[(r+l)*cols+c]
			}
		}
	}
	for ; r < rows; r++ {
		at := c0*rows + r
		for _, x := range src[r*cols+c0 : r*cols+c1] {
			dst[at] = x
			at += rows
		}
	}
}
