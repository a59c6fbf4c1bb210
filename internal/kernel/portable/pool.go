package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// window is the range of input indices under output index o of one axis.
func window(o, stride, pad, k, size int) (lo, hi int) {
	lo = o*stride - pad
	return max(lo, 0), min(lo+k, size)
}

// windowsOver is the range of outputs whose windows hold input index i.
func windowsOver(i, stride, pad, k, outs int) (lo, hi int) {
	lo = max(i+pad-k+stride, 0) / stride // rounded up
	return lo, min((i+pad)/stride+1, outs)
}

func (p *Backend) maxPool(s kernel.MaxPool) *backend.Routine {
	var y, x []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			n, oh := r/s.OH, r%s.OH
			h0, h1 := window(oh, s.StrideH, s.PadH, s.KH, s.H)
			for ow := range s.OW {
				dst := y[(r*s.OW+ow)*s.C:][:s.C]
				w0, w1 := window(ow, s.StrideW, s.PadW, s.KW, s.W)
				if h0 >= h1 || w0 >= w1 {
					for j := range dst {
						dst[j] = float32(math.Inf(-1))
					}
					continue
				}
				p.isa.vec.maxWindow(dst, x[((n*s.H+h0)*s.W+w0)*s.C:], h1-h0, w1-w0, s.C, s.W*s.C)
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x = out, in[0]
			p.Parallel(s.N*s.OH, rowGrain(s.OW*s.C*s.KH*s.KW), body)
		},
	}
}

// maxPoolBack finds each window's maximum again and adds dy there, by bands of rows of dx.
func (p *Backend) maxPoolBack(s kernel.MaxPoolBack) *backend.Routine {
	var dx, x, dy []float32
	xs, ys := s.H*s.W*s.C, s.OH*s.OW*s.C // of one image
	bands := (s.H + maxBand - 1) / maxBand
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			n, h0 := i/bands, i%bands*maxBand
			bandBack(s.PoolGeom, &p.isa.vec, dx[n*xs:], x[n*xs:], dy[n*ys:], h0, min(h0+maxBand, s.H))
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, x, dy = out, in[0], in[1]
			p.Parallel(s.N*bands, 1, body)
		},
	}
}

// maxBand is how many rows a band has. Windows that cross the border of two bands are visited by
// both.
const maxBand = 32

// bandBack computes rows [h0,h1) of one image's dx.
func bandBack(s kernel.PoolGeom, vec *vectors, dx, x, dy []float32, h0, h1 int) {
	clear(dx[h0*s.W*s.C : h1*s.W*s.C])
	o0, _ := windowsOver(h0, s.StrideH, s.PadH, s.KH, s.OH)
	_, o1 := windowsOver(h1-1, s.StrideH, s.PadH, s.KH, s.OH)
	for oh := o0; oh < o1; oh++ {
		r0, r1 := window(oh, s.StrideH, s.PadH, s.KH, s.H)
		for ow := range s.OW {
			c0, c1 := window(ow, s.StrideW, s.PadW, s.KW, s.W)
			if r0 < r1 && c0 < c1 {
				at := (r0*s.W + c0) * s.C
				vec.maxWindowBack(dx[at:], x[at:], dy[(oh*s.OW+ow)*s.C:][:s.C], r1-r0, c1-c0, s.C, s.W*s.C,
					max(h0-r0, 0), min(h1, r1)-r0)
			}
		}
	}
}

func (p *Backend) avgPool(s kernel.AvgPool) *backend.Routine {
	g := s.PoolGeom
	return p.averages(g, pixels{g.N, g.OH, g.OW}, pixels{g.N, g.H, g.W},
		func(oh int) (lo, hi int) { return window(oh, g.StrideH, g.PadH, g.KH, g.H) },
		func(ow int) (lo, hi int) { return window(ow, g.StrideW, g.PadW, g.KW, g.W) })
}

func (p *Backend) avgPoolBack(s kernel.AvgPoolBack) *backend.Routine {
	g := s.PoolGeom
	return p.averages(g, pixels{g.N, g.H, g.W}, pixels{g.N, g.OH, g.OW},
		func(h int) (lo, hi int) { return windowsOver(h, g.StrideH, g.PadH, g.KH, g.OH) },
		func(w int) (lo, hi int) { return windowsOver(w, g.StrideW, g.PadW, g.KW, g.OW) })
}

// pixels are the images, rows and columns of an activation.
type pixels struct{ n, h, w int }

// averages makes each pixel of the result, of size to, the sum over a rectangle of the pixels of
// from, divided by the window's size: rows and columns give the rectangle's range on each axis.
func (p *Backend) averages(
	g kernel.PoolGeom, to, from pixels, rows, columns func(int) (lo, hi int),
) *backend.Routine {
	var y, x []float32
	divisor := float32(g.KH * g.KW)
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			n, h := r/to.h, r%to.h
			h0, h1 := rows(h)
			for w := range to.w {
				dst := y[(r*to.w+w)*g.C:][:g.C]
				clear(dst)
				w0, w1 := columns(w)
				for i := h0; i < h1; i++ {
					for j := w0; j < w1; j++ {
						p.isa.vec.add(dst, dst, x[((n*from.h+i)*from.w+j)*g.C:][:g.C])
					}
				}
				for j := range dst {
					dst[j] /= divisor
				}
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x = out, in[0]
			p.Parallel(to.n*to.h, rowGrain(to.w*g.C*g.KH*g.KW), body)
		},
	}
}
