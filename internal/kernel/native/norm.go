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
		return &backend.Routine{In: []backend.Layout{l}, Out: backend.Plain, InPlace: -1, Scratch: x.Partial(), Run: func(out []float32, in [][]float32, scratch []float32) {
			x.NormStats(out, in[0], scratch)
		}}
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
		return &backend.Routine{In: []backend.Layout{l, backend.Plain, backend.Plain}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
			x.LayerNorm(s.Eps, out, in[0], in[1], in[2])
		}}
	case kernel.LayerNormBackParams:
		l := b.layout(in...)
		x, kept := cpp.NewShape(s.X, cpp.Format(l)), 2*s.X[0]*s.X[2]*s.X[3]
		return &backend.Routine{In: []backend.Layout{l, l}, Out: backend.Plain, InPlace: -1, Scratch: kept + x.Partial(), Run: func(out []float32, in [][]float32, scratch []float32) {
			x.LayerNormBackParams(s.Eps, out, in[0], in[1], scratch[:kept], scratch[kept:])
		}}
	case kernel.LayerNormBackData:
		l := b.layout(in[0], in[2])
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{In: []backend.Layout{l, backend.Plain, l}, Out: l, InPlace: 2, Run: func(out []float32, in [][]float32, _ []float32) {
			x.LayerNormBackData(s.Eps, out, in[0], in[1], in[2])
		}}
	}
	return nil
}

// lrn needs a pixel's channels side by side. Exponents that nobody uses are the portable backend's.
func (b *Backend) lrn(s kernel.Spec, in []backend.Layout) *backend.Routine {
	l := b.layout(in...)
	if l == blocked {
		l = backend.NHWC
	}
	switch s := s.(type) {
	case kernel.LRN:
		if s.Beta == 0.75 {
			x := cpp.NewShape(s.X, cpp.Format(l))
			return simple(l, 1, 0, func(out []float32, in [][]float32) { x.LRN(s.Size, s.Alpha, s.K, out, in[0]) })
		}
	case kernel.LRNBack:
		if s.Beta == 0.75 {
			x := cpp.NewShape(s.X, cpp.Format(l))
			return simple(l, 2, 1, func(out []float32, in [][]float32) { x.LRNBack(s.Size, s.Alpha, s.K, out, in[0], in[1]) })
		}
	}
	return nil
}

// channelVectors cuts scratch into zeroed vectors of the padded length.
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

// copied is x with zeros behind.
func (v *channelVectors) copied(x []float32) []float32 {
	out := v.take()
	copy(out, x)
	return out
}

// affine gives mean, factor and shift of a norm.
func (v *channelVectors) affine(stats, scale, shift []float32, c int, eps float32) (mean, factor, shifted []float32) {
	mean, factor, shifted = v.copied(stats[:c]), v.take(), v.copied(shift[:c])
	portable.NormFactors(factor[:c], stats[c:], scale, eps)
	return mean, factor, shifted
}

func (b *Backend) normForward(s kernel.NormAct, in []backend.Layout) *backend.Routine {
	l, c := b.layout(in[0]), s.X[1]
	x := cpp.NewShape(s.X, cpp.Format(l))
	padded := x.Padded()
	layouts := []backend.Layout{l, backend.Plain, backend.Plain, backend.Plain, l}[:len(in)]
	return &backend.Routine{In: layouts, Out: l, InPlace: 0, Scratch: 3 * padded, Run: func(out []float32, in [][]float32, scratch []float32) {
		v := channelVectors{scratch, padded}
		mean, factor, shift := v.affine(in[1], in[2], in[3], c, s.Eps)
		var residual []float32
		if s.Residual {
			residual = in[4]
		}
		x.Norm(cpp.Act(s.Act), out, in[0], mean, factor, shift, residual)
	}}
}

// normBackParams serves both: without activation the inputs are x, stats, dy.
func (b *Backend) normBackParams(s kernel.NormActBackParams, in []backend.Layout) *backend.Routine {
	l, c := b.layout(in[0], in[len(in)-1]), s.X[1]
	x := cpp.NewShape(s.X, cpp.Format(l))
	padded := x.Padded()
	layouts := []backend.Layout{l, backend.Plain, backend.Plain, backend.Plain, l}
	if s.Act == kernel.NoAct {
		layouts = []backend.Layout{l, backend.Plain, l}
	}
	return &backend.Routine{In: layouts, Out: backend.Plain, InPlace: -1, Scratch: 3*padded + x.Partial(), Run: func(out []float32, in [][]float32, scratch []float32) {
		v := channelVectors{scratch, padded}
		var mean, factor, shift []float32
		if s.Act != kernel.NoAct {
			mean, factor, shift = v.affine(in[1], in[2], in[3], c, s.Eps)
		} else {
			mean = v.copied(in[1][:c])
		}
		x.NormBackParams(cpp.Act(s.Act), out, in[0], mean, factor, shift, in[len(in)-1], scratch[3*padded:])
		for j := range c {
			out[j] = float32(float64(out[j]) * portable.InvStd(in[1][c+j], s.Eps))
		}
	}}
}

// normBackData serves both: without activation the inputs are x, stats, scale, sums, dy.
func (b *Backend) normBackData(s kernel.NormActBackData, in []backend.Layout) *backend.Routine {
	last := len(in) - 1
	l, c := b.layout(in[0], in[last]), s.X[1]
	x := cpp.NewShape(s.X, cpp.Format(l))
	padded, rows := x.Padded(), s.X[0]*s.X[2]*s.X[3]
	layouts := make([]backend.Layout, len(in))
	for i := range layouts {
		layouts[i] = backend.Plain
	}
	layouts[0], layouts[last] = l, l
	return &backend.Routine{In: layouts, Out: l, InPlace: last, Scratch: 6*padded + 3*c, Run: func(out []float32, in [][]float32, scratch []float32) {
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
		x.NormBackData(cpp.Act(s.Act), out, in[0], mean, factor, shift, v.copied(k.DY), v.copied(k.X), v.copied(k.Shift), in[last])
	}}
}
