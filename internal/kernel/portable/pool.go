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
	return &backend.Routine{In: []backend.Layout{backend.NHWC}, Out: backend.NHWC, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		y, x = out, in[0]
		p.Parallel(s.N*s.OH, rowGrain(s.OW*s.C*s.KH*s.KW), body)
	}}
}

// maxPoolBack finds each window's maximum again and adds dy there, a band of rows of
// dx at a time.
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
	return &backend.Routine{In: []backend.Layout{backend.NHWC, backend.NHWC}, Out: backend.NHWC, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		dx, x, dy = out, in[0], in[1]
		p.Parallel(s.N*bands, 1, body)
	}}
}

// maxBand is how many rows a band has: windows across its borders are looked at twice.
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
				vec.maxWindowBack(dx[at:], x[at:], dy[(oh*s.OW+ow)*s.C:][:s.C], r1-r0, c1-c0, s.C, s.W*s.C, max(h0-r0, 0), min(h1, r1)-r0)
			}
		}
	}
}

func (p *Backend) avgPool(s kernel.AvgPool) *backend.Routine {
	var y, x []float32
	divisor := float32(s.KH * s.KW)
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			n, oh := r/s.OH, r%s.OH
			h0, h1 := window(oh, s.StrideH, s.PadH, s.KH, s.H)
			for ow := range s.OW {
				dst := y[(r*s.OW+ow)*s.C:][:s.C]
				clear(dst)
				w0, w1 := window(ow, s.StrideW, s.PadW, s.KW, s.W)
				for h := h0; h < h1; h++ {
					for w := w0; w < w1; w++ {
						p.isa.vec.add(dst, dst, x[((n*s.H+h)*s.W+w)*s.C:][:s.C])
					}
				}
				for j := range dst {
					dst[j] /= divisor
				}
			}
		}
	}
	return &backend.Routine{In: []backend.Layout{backend.NHWC}, Out: backend.NHWC, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		y, x = out, in[0]
		p.Parallel(s.N*s.OH, rowGrain(s.OW*s.C*s.KH*s.KW), body)
	}}
}

func (p *Backend) avgPoolBack(s kernel.AvgPoolBack) *backend.Routine {
	var dx, dy []float32
	divisor := float32(s.KH * s.KW)
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			n, h := r/s.H, r%s.H
			o0, o1 := windowsOver(h, s.StrideH, s.PadH, s.KH, s.OH)
			for w := range s.W {
				dst := dx[(r*s.W+w)*s.C:][:s.C]
				clear(dst)
				q0, q1 := windowsOver(w, s.StrideW, s.PadW, s.KW, s.OW)
				for oh := o0; oh < o1; oh++ {
					for ow := q0; ow < q1; ow++ {
						p.isa.vec.add(dst, dst, dy[((n*s.OH+oh)*s.OW+ow)*s.C:][:s.C])
					}
				}
				for j := range dst {
					dst[j] /= divisor
				}
			}
		}
	}
	return &backend.Routine{In: []backend.Layout{backend.NHWC}, Out: backend.NHWC, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		dx, dy = out, in[0]
		p.Parallel(s.N*s.H, rowGrain(s.W*s.C*s.KH*s.KW), body)
	}}
}
