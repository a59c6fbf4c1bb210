package portable

import (
	"fmt"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// The layouts of this backend beside packed weights.
const (
	plain = backend.Plain
	nhwc  = backend.NHWC
)

type layouts = []backend.Layout

// Size implements backend.Backend. No layout of activations is padded.
func (p *Backend) Size(shape []int, l backend.Layout) int {
	if l >= FirstPacked && l != backend.Bytes {
		return p.packings[l-FirstPacked].packedSize()
	}
	n := kernel.Elements(shape)
	if l == backend.Bytes {
		return backend.WordsOfBytes(n)
	}
	return n
}

// Reorder implements backend.Backend between Plain and NHWC, and from Plain to packed weights.
func (p *Backend) Reorder(dst, src []float32, shape []int, to, from backend.Layout) error {
	if to >= FirstPacked && to != backend.Bytes && from == plain {
		if len(dst) < p.Size(shape, to) || len(src) < p.Size(shape, plain) {
			return fmt.Errorf("packing weights of shape %v: %d elements into %d, want %d", shape, len(src),
				len(dst), p.Size(shape, to))
		}
		p.packings[to-FirstPacked].packWeights(dst, src)
		return nil
	}
	n := p.Size(shape, plain)
	if len(dst) < n || len(src) < n {
		return fmt.Errorf("reordering a tensor of shape %v: %d elements into %d, want %d", shape,
			len(src), len(dst), n)
	}
	for _, l := range []backend.Layout{to, from} {
		if l != plain && l != nhwc || l == nhwc && len(shape) != 4 {
			return fmt.Errorf("reordering a tensor of shape %v from layout %d to %d: not supported", shape,
				from, to)
		}
	}
	m := &p.move
	m.dst, m.src = dst, src
	if to == from || n == 0 {
		p.Parallel(n, elementGrain, m.copy)
		return nil
	}
	m.rows, m.cols = shape[1], shape[2]*shape[3] // of the source
	if from == nhwc {
		m.rows, m.cols = m.cols, m.rows
	}
	m.bands = (m.cols + transposeBand - 1) / transposeBand
	grain := max(elementGrain/(transposeBand*m.rows), 1)
	p.Parallel(shape[0]*m.bands, grain, m.transpose)
	return nil
}

// move is a reorder under way. Its functions are made once, since a closure for each call would be
// an allocation.
type move struct {
	dst, src          []float32
	rows, cols, bands int
	copy, transpose   func(lo, hi int)
}

// transposeBand is how many columns of a matrix are transposed at a time, so that their rows of the
// result stay in the first-level cache.
const transposeBand = 64

// setMove prepares p.move. Its transpose takes matrices of rows x cols, one after the other, by
// bands of columns.
func (p *Backend) setMove() {
	m := &p.move
	m.copy = func(lo, hi int) { copy(m.dst[lo:hi], m.src[lo:hi]) }
	m.transpose = func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := i / m.bands * m.rows * m.cols
			c0 := i % m.bands * transposeBand
			p.isa.vec.transpose(m.dst[at:], m.src[at:], m.rows, m.cols, c0, min(c0+transposeBand, m.cols))
		}
	}
}

// transpose transposes columns [c0,c1) of a matrix, by squares of eight as far as possible.
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
