//go:build onednn && amd64 && cgo

package native

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
)

// curve compiles activation functions and squeeze and excite's scaling.
func (b *Backend) curve(s kernel.Spec, in []backend.Layout) *backend.Routine {
	switch s := s.(type) {
	case kernel.ReLU6:
		return b.curveForward(cpp.ReLU6, s.X, b.layout(in...))
	case kernel.ReLU6Back:
		return b.curveBack(cpp.ReLU6, s.X, b.layout(in...))
	case kernel.Sigmoid:
		return b.curveForward(cpp.Sigmoid, s.X, b.joinable(in, s.X[1])) // it would fill padding with halves
	case kernel.SigmoidBack:
		return b.curveBack(cpp.Sigmoid, s.X, b.layout(in...))
	case kernel.SiLU:
		return b.curveForward(cpp.SiLU, s.X, b.layout(in...))
	case kernel.SiLUBack:
		return b.curveBack(cpp.SiLU, s.X, b.layout(in...))
	case kernel.GELU:
		return b.curveForward(cpp.GELU, s.X, b.layout(in...))
	case kernel.GELUBack:
		return b.curveBack(cpp.GELU, s.X, b.layout(in...))
	case kernel.ScaleChannels:
		l := b.layout(in[0])
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{In: []backend.Layout{l, backend.Plain}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
			x.ScaleChannels(out, in[0], in[1])
		}}
	case kernel.ScaleChannelsBack:
		l := b.layout(in...)
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{In: []backend.Layout{l, l}, Out: backend.Plain, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
			x.ScaleChannelsBack(out, in[0], in[1])
		}}
	}
	return nil
}

func (b *Backend) curveForward(c cpp.Curve, x kernel.Shape4, l backend.Layout) *backend.Routine {
	shape := cpp.NewShape(x, cpp.Format(l))
	return simple(l, 1, 0, func(out []float32, in [][]float32) { shape.Curve(c, out, in[0]) })
}

func (b *Backend) curveBack(c cpp.Curve, x kernel.Shape4, l backend.Layout) *backend.Routine {
	shape := cpp.NewShape(x, cpp.Format(l))
	return simple(l, 2, 1, func(out []float32, in [][]float32) { shape.CurveBack(c, out, in[0], in[1]) })
}
