package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// weightOrder says where the weights of a product lie in memory: for column j of group g, runs
// count*u of contiguous weights begin at g*groupStride + j*jStride + u*uStride; the i-th of run u
// belongs to row toRow[i]+u of the product, or to none if toRow[i] is negative.
type weightOrder struct {
	groupStride, jStride, uStride int
	count                         int
	toRow                         []int
}

// FirstPacked is the first layout of packed weights: weights in the panels of a product, one layout
// for each shape. Layouts of other backends stay below it.
const FirstPacked backend.Layout = 1 << 15

// packingKey is what the layout of packed weights depends on.
type packingKey struct{ c, o, kh, kw, groups int }

// packing gives the layout of a convolution's packed weights; g is a product of that shape.
func (p *Backend) packing(s kernel.ConvGeom, g *product) backend.Layout {
	key := packingKey{s.C, s.O, s.KH, s.KW, s.Groups}
	l, ok := p.packed[key]
	if !ok {
		l = FirstPacked + backend.Layout(len(p.packings))
		p.packed[key] = l
		p.packings = append(p.packings, g)
	}
	return l
}

func (g *product) packedSize() int { return g.groups * g.padded * g.k }

// packWeights packs weights that stay the same over many runs.
func (g *product) packWeights(dst, weights []float32) {
	g.packed, g.weights, g.bias = dst, weights, nil
	scratch := make([]float32, g.groups*g.padded+g.p.team.threads*g.ownSize())
	g.biases, g.own = scratch[:g.groups*g.padded], scratch[g.groups*g.padded:]
	g.p.team.run(g.groups*g.panels, 1, g.pack)
}

// padBias copies the bias to the columns of the panels.
func (g *product) padBias() {
	clear(g.biases)
	for group := range g.groups {
		if g.bias != nil {
			copy(g.biases[group*g.padded:], g.bias[group*g.n:][:g.n])
		}
	}
}

// packPanels copies weights to panels of a micro-kernel's width, row after row, with zeros behind
// the last column. It does the same with the bias.
func (g *product) packPanels(worker, lo, hi int) {
	is := g.p.isa
	square := g.own[worker*g.ownSize():][:64]
	for i := lo; i < hi; i++ {
		group, j0 := i/g.panels, i%g.panels*is.wide
		cols := min(is.wide, g.n-j0)
		width := is.panel(cols)
		bias := g.biases[group*g.padded+j0:][:width]
		clear(bias)
		if g.bias != nil {
			copy(bias, g.bias[group*g.n+j0:][:cols])
		}
		dst := g.packed[(group*g.padded+j0)*g.k:][:g.k*width]
		if g.k == 0 {
			continue
		}
		if cols < width {
			clear(dst)
		}
		for u := range g.count {
			g.packRun(&is.vec, square, dst[u*width:],
				g.weights[group*g.groupStride+j0*g.jStride+u*g.uStride:], width, cols)
		}
	}
}

// packRun packs one run of weights for cols columns, as far as possible by squares of eight by
// eight, which pass through the 64 floats of square.
func (w *weightOrder) packRun(vec *vectors, square, dst, src []float32, width, cols int) {
	if w.jStride == 1 { // and so one weight in a run
		if w.toRow[0] >= 0 {
			copy(dst[w.toRow[0]*width:][:cols], src)
		}
		return
	}
	n := len(w.toRow)
	for j := 0; j < cols; j += 8 {
		whole := 0
		if j+8 <= cols {
			whole = n &^ 7
		}
		for i := 0; i < whole; i += 8 {
			vec.transpose8(square, 8, src[j*w.jStride+i:], w.jStride)
			for l, row := range w.toRow[i:][:8] {
				if row >= 0 {
					*(*[8]float32)(dst[row*width+j:]) = *(*[8]float32)(square[l*8:])
				}
			}
		}
		for i := whole; i < n; i++ {
			if row := w.toRow[i]; row >= 0 {
				for l := j; l < min(j+8, cols); l++ {
					dst[row*width+l] = src[l*w.jStride+i]
				}
			}
		}
	}
}
