//go:build onednn && amd64 && cgo

package kernel

import "acol/internal/kernel/native"

// curve compiles activation functions and squeeze and excite's scaling.
func (b *Native) curve(s Spec, in []Layout) *Step {
	switch s := s.(type) {
	case ReLU6:
		return b.curveForward(native.ReLU6, s.X, b.layout(in...))
	case ReLU6Back:
		return b.curveBack(native.ReLU6, s.X, b.layout(in...))
	case Sigmoid:
		return b.curveForward(native.Sigmoid, s.X, b.joinable(in, s.X[1])) // it would fill padding with halves
	case SigmoidBack:
		return b.curveBack(native.Sigmoid, s.X, b.layout(in...))
	case SiLU:
		return b.curveForward(native.SiLU, s.X, b.layout(in...))
	case SiLUBack:
		return b.curveBack(native.SiLU, s.X, b.layout(in...))
	case GELU:
		return b.curveForward(native.GELU, s.X, b.layout(in...))
	case GELUBack:
		return b.curveBack(native.GELU, s.X, b.layout(in...))
	case ScaleChannels:
		l := b.layout(in[0])
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{l, Plain}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
			x.ScaleChannels(out, in[0], in[1])
		}}
	case ScaleChannelsBack:
		l := b.layout(in...)
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{l, l}, Out: Plain, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
			x.ScaleChannelsBack(out, in[0], in[1])
		}}
	}
	return nil
}

func (b *Native) curveForward(c native.Curve, x Shape4, l Layout) *Step {
	shape := native.NewShape(x, native.Format(l))
	return simple(l, 1, 0, func(out []float32, in [][]float32) { shape.Curve(c, out, in[0]) })
}

func (b *Native) curveBack(c native.Curve, x Shape4, l Layout) *Step {
	shape := native.NewShape(x, native.Format(l))
	return simple(l, 2, 1, func(out []float32, in [][]float32) { shape.CurveBack(c, out, in[0], in[1]) })
}
