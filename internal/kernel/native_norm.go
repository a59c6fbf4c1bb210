//go:build onednn && amd64 && cgo

package kernel

import "acol/internal/kernel/native"

func (b *Native) norm(s Spec, in []Layout) *Step {
	switch s := s.(type) {
	case NormStats:
		l := b.layout(in[0])
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{l}, Out: Plain, InPlace: -1, Scratch: x.Partial(), Run: func(out []float32, in [][]float32, scratch []float32) {
			x.NormStats(out, in[0], scratch)
		}}
	case Norm:
		return b.normForward(NormAct{Norm: s}, in)
	case NormAct:
		return b.normForward(s, in)
	case NormBackParams:
		return b.normBackParams(NormActBackParams{s, NoAct}, in)
	case NormActBackParams:
		return b.normBackParams(s, in)
	case NormBackData:
		return b.normBackData(NormActBackData{s, NoAct}, in)
	case NormActBackData:
		return b.normBackData(s, in)
	case LayerNorm:
		l := b.layout(in[0])
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{l, Plain, Plain}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
			x.LayerNorm(s.Eps, out, in[0], in[1], in[2])
		}}
	case LayerNormBackParams:
		l := b.layout(in...)
		x, kept := native.NewShape(s.X, native.Format(l)), 2*s.X[0]*s.X[2]*s.X[3]
		return &Step{In: []Layout{l, l}, Out: Plain, InPlace: -1, Scratch: kept + x.Partial(), Run: func(out []float32, in [][]float32, scratch []float32) {
			x.LayerNormBackParams(s.Eps, out, in[0], in[1], scratch[:kept], scratch[kept:])
		}}
	case LayerNormBackData:
		l := b.layout(in[0], in[2])
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{l, Plain, l}, Out: l, InPlace: 2, Run: func(out []float32, in [][]float32, _ []float32) {
			x.LayerNormBackData(s.Eps, out, in[0], in[1], in[2])
		}}
	}
	return nil
}

// lrn needs a pixel's channels side by side. Exponents that nobody uses are the portable backend's.
func (b *Native) lrn(s Spec, in []Layout) *Step {
	l := b.layout(in...)
	if l == blocked {
		l = NHWC
	}
	switch s := s.(type) {
	case LRN:
		if s.Beta == 0.75 {
			x := native.NewShape(s.X, native.Format(l))
			return simple(l, 1, 0, func(out []float32, in [][]float32) { x.LRN(s.Size, s.Alpha, s.K, out, in[0]) })
		}
	case LRNBack:
		if s.Beta == 0.75 {
			x := native.NewShape(s.X, native.Format(l))
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
	factors(factor[:c], stats[c:], scale, eps)
	return mean, factor, shifted
}

func (b *Native) normForward(s NormAct, in []Layout) *Step {
	l, c := b.layout(in[0]), s.X[1]
	x := native.NewShape(s.X, native.Format(l))
	padded := x.Padded()
	layouts := []Layout{l, Plain, Plain, Plain, l}[:len(in)]
	return &Step{In: layouts, Out: l, InPlace: 0, Scratch: 3 * padded, Run: func(out []float32, in [][]float32, scratch []float32) {
		v := channelVectors{scratch, padded}
		mean, factor, shift := v.affine(in[1], in[2], in[3], c, s.Eps)
		var residual []float32
		if s.Residual {
			residual = in[4]
		}
		x.Norm(native.Act(s.Act), out, in[0], mean, factor, shift, residual)
	}}
}

// normBackParams serves both: without activation the inputs are x, stats, dy.
func (b *Native) normBackParams(s NormActBackParams, in []Layout) *Step {
	l, c := b.layout(in[0], in[len(in)-1]), s.X[1]
	x := native.NewShape(s.X, native.Format(l))
	padded := x.Padded()
	layouts := []Layout{l, Plain, Plain, Plain, l}
	if s.Act == NoAct {
		layouts = []Layout{l, Plain, l}
	}
	return &Step{In: layouts, Out: Plain, InPlace: -1, Scratch: 3*padded + x.Partial(), Run: func(out []float32, in [][]float32, scratch []float32) {
		v := channelVectors{scratch, padded}
		var mean, factor, shift []float32
		if s.Act != NoAct {
			mean, factor, shift = v.affine(in[1], in[2], in[3], c, s.Eps)
		} else {
			mean = v.copied(in[1][:c])
		}
		x.NormBackParams(native.Act(s.Act), out, in[0], mean, factor, shift, in[len(in)-1], scratch[3*padded:])
		for j := range c {
			out[j] = float32(float64(out[j]) * invStd(in[1][c+j], s.Eps))
		}
	}}
}

// normBackData serves both: without activation the inputs are x, stats, scale, sums, dy.
func (b *Native) normBackData(s NormActBackData, in []Layout) *Step {
	last := len(in) - 1
	l, c := b.layout(in[0], in[last]), s.X[1]
	x := native.NewShape(s.X, native.Format(l))
	padded, rows := x.Padded(), s.X[0]*s.X[2]*s.X[3]
	layouts := make([]Layout, len(in))
	for i := range layouts {
		layouts[i] = Plain
	}
	layouts[0], layouts[last] = l, l
	return &Step{In: layouts, Out: l, InPlace: last, Scratch: 6*padded + 3*c, Run: func(out []float32, in [][]float32, scratch []float32) {
		v := channelVectors{scratch[3*c:], padded}
		var k backFactors
		k.set(scratch, in[1], in[2], in[last-1], s.Eps, rows)
		if s.Frozen {
			clear(k.x)
			clear(k.shift)
		}
		var mean, factor, shift []float32
		if s.Act != NoAct {
			mean, factor, shift = v.affine(in[1], in[2], in[3], c, s.Eps)
		} else {
			mean = v.copied(in[1][:c])
		}
		x.NormBackData(native.Act(s.Act), out, in[0], mean, factor, shift, v.copied(k.dy), v.copied(k.x), v.copied(k.shift), in[last])
	}}
}
