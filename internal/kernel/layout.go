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
	if to == from {
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

// transposeBlock is the side of the squares that a transposition works by: two
// of them stay in the first-level cache.
const transposeBlock = 32

// transposeEach transposes count matrices of rows x cols, one after the other.
func (p *Portable) transposeEach(dst, src []float32, count, rows, cols int) {
	bands := (cols + transposeBlock - 1) / transposeBlock
	p.Parallel(count*bands, 1, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := i / bands * rows * cols
			c0 := i % bands * transposeBlock
			c1 := min(c0+transposeBlock, cols)
			for r0 := 0; r0 < rows; r0 += transposeBlock {
				transpose(dst[at:], src[at:], rows, cols, r0, min(r0+transposeBlock, rows), c0, c1)
			}
		}
	})
}

// transpose does one block of rows [r0,r1) and columns [c0,c1) of the source.
func transpose(dst, src []float32, rows, cols, r0, r1, c0, c1 int) {
	for c := c0; c < c1; c++ {
		to := dst[c*rows+r0 : c*rows+r1]
		from := src[r0*cols+c:]
		for r := range to {
			to[r] = from[r*cols]
		}
	}
}
