//go:build onednn && amd64 && cgo

package native

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
	"acol/internal/kernel/portable"
)

func (b *Backend) norm(s kernel.Spec, in []backend.Layout) *backend.Routine {
	switch s := s.(type) {
	case kernel.NormStats:
		l := b.layout(in[0])
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{l}, Out: plain, InPlace: -1, Scratch: x.Partial(),
			Run: func(out []float32, in [][]float32, scratch []float32) {
				x.NormStats(out, in[0], scratch)
			},
		}
	case kernel.Norm:
		return b.normForward(kernel.NormAct{Norm: s}, in)
	case kernel.NormAct:
		return b.normForward(s, in)
	case kernel.NormBackParams:
		return b.normBackParams(kernel.NormActBackParams{NormBackParams: s}, in)
	case kernel.NormActBackParams:
		return b.normBackParams(s, in)
	case kernel.NormBackData:
		return b.normBackData(kernel.NormActBackData{NormBackData: s}, in)
	case kernel.NormActBackData:
		return b.normBackData(s, in)
	case kernel.LayerNorm:
		l := b.layout(in[0])
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{l, plain, plain}, Out: l, InPlace: 0,
			Run: func(out []float32, in [][]float32, _ []float32) {
				x.LayerNorm(s.Eps, out, in[0], in[1], in[2])
			},
		}
	case kernel.LayerNormBackParams:
		l := b.layout(in...)
		x, kept := cpp.NewShape(s.X, cpp.Format(l)), 2*s.X[0]*s.X[2]*s.X[3]
		return &backend.Routine{
			In: layouts{l, l}, Out: plain, InPlace: -1, Scratch: kept + x.Partial(),
			Run: func(out []float32, in [][]float32, scratch []float32) {
				x.LayerNormBackParams(s.Eps, out, in[0], in[1], scratch[:kept], scratch[kept:])
			},
		}
	case kernel.LayerNormBackData:
		l := b.layout(in[0], in[2])
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{l, plain, l}, Out: l, InPlace: 2,
			Run: func(out []float32, in [][]float32, _ []float32) {
				x.LayerNormBackData(s.Eps, out, in[0], in[1], in[2])
			},
		}
	}
	return nil
}

// lrn needs a pixel's channels side by side. Other exponents than 3/4, which nobody uses, are left
// to the portable backend.
func (b *Backend) lrn(s kernel.Spec, in []backend.Layout) *backend.Routine {
	l := b.layout(in...)
	if l == blocked {
		l = nhwc
	}
	switch s := s.(type) {
	case kernel.LRN:
		if s.Beta == 0.75 {
			x := cpp.NewShape(s.X, cpp.Format(l))
			return simple(l, 1, 0, func(out []float32, in [][]float32) {
				x.LRN(s.Size, s.Alpha, s.K, out, in[0])
			})
		}
	case kernel.LRNBack:
		if s.Beta == 0.75 {
			x := cpp.NewShape(s.X, cpp.Format(l))
			return simple(l, 2, 1, func(out []float32, in [][]float32) {
				x.LRNBack(s.Size, s.Alpha, s.K, out, in[0], in[1])
			})
		}
	}
	return nil
}

// channelVectors cuts scratch into zeroed vectors of one value a channel, padded to whole blocks.
type channelVectors struct {
	rest   []float32
	padded int
}

func (v *channelVectors) take() []float32 {
	out := v.rest[:v.padded]
	v.rest = v.rest[v.padded:]
	clear(out)
	return out
}

// copied is x with zeros behind it.
func (v *channelVectors) copied(x []float32) []float32 {
	out := v.take()
	copy(out, x)
	return out
}

// affine gives what a batch norm of x is made of: (x-mean)*factor + offset.
func (v *channelVectors) affine(
	stats, scale, shift []float32, c int, eps float32,
) (mean, factor, offset []float32) {
	mean, factor, offset = v.copied(stats[:c]), v.take(), v.copied(shift[:c])
	portable.NormFactors(factor[:c], stats[c:], scale, eps)
	return mean, factor, offset
}

func (b *Backend) normForward(s kernel.NormAct, in []backend.Layout) *backend.Routine {
	l, c := b.layout(in[0]), s.X[1]
	x := cpp.NewShape(s.X, cpp.Format(l))
	padded := x.Padded()
	want := layouts{l, plain, plain, plain, l}[:len(in)]
	return &backend.Routine{
		In: want, Out: l, InPlace: 0, Scratch: 3 * padded,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			v := channelVectors{scratch, padded}
			mean, factor, shift := v.affine(in[1], in[2], in[3], c, s.Eps)
			var residual []float32
			if s.Residual {
				residual = in[4]
			}
			x.Norm(cpp.Act(s.Act), out, in[0], mean, factor, shift, residual)
		},
	}
}

// normBackParams compiles NormBackParams, whose inputs are x, stats, dy, and NormActBackParams.
func (b *Backend) normBackParams(s kernel.NormActBackParams, in []backend.Layout) *backend.Routine {
	l, c := b.layout(in[0], in[len(in)-1]), s.X[1]
	x := cpp.NewShape(s.X, cpp.Format(l))
	padded := x.Padded()
	want := layouts{l, plain, plain, plain, l}
	if s.Act == kernel.NoAct {
		want = layouts{l, plain, l}
	}
	return &backend.Routine{
		In: want, Out: plain, InPlace: -1, Scratch: 3*padded + x.Partial(),
		Run: func(out []float32, in [][]float32, scratch []float32) {
			v := channelVectors{scratch, padded}
			var mean, factor, shift []float32
			if s.Act != kernel.NoAct {
				mean, factor, shift = v.affine(in[1], in[2], in[3], c, s.Eps)
			} else {
				mean = v.copied(in[1][:c])
			}
			dy, partial := in[len(in)-1], scratch[3*padded:]
			x.NormBackParams(cpp.Act(s.Act), out, in[0], mean, factor, shift, dy, partial)
			for j := range c {
				out[j] = float32(float64(out[j]) * portable.InvStd(in[1][c+j], s.Eps))
			}
		},
	}
}

// normBackData compiles NormBackData, whose inputs are x, stats, scale, sums, dy, and
// NormActBackData.
func (b *Backend) normBackData(s kernel.NormActBackData, in []backend.Layout) *backend.Routine {
	last := len(in) - 1
	l, c := b.layout(in[0], in[last]), s.X[1]
	x := cpp.NewShape(s.X, cpp.Format(l))
	padded, rows := x.Padded(), s.X[0]*s.X[2]*s.X[3]
	want := make([]backend.Layout, len(in))
	for i := range want {
		want[i] = plain
	}
	want[0], want[last] = l, l
	return &backend.Routine{
		In: want, Out: l, InPlace: last, Scratch: 6*padded + 3*c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			v := channelVectors{scratch[3*c:], padded}
			var k portable.NormBackFactors
			k.Set(scratch, in[1], in[2], in[last-1], s.Eps, rows)
			if s.Frozen {
				clear(k.X)
				clear(k.Shift)
			}
			var mean, factor, shift []float32
			if s.Act != kernel.NoAct {
				mean, factor, shift = v.affine(in[1], in[2], in[3], c, s.Eps)
			} else {
				mean = v.copied(in[1][:c])
			}
			kdy, kx, k0 := v.copied(k.DY), v.copied(k.X), v.copied(k.Shift)
			x.NormBackData(cpp.Act(s.Act), out, in[0], mean, factor, shift, kdy, kx, k0, in[last])
		},
	}
}
