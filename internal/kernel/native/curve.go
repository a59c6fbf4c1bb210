//go:build onednn && amd64 && cgo

package native

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
)

// curve compiles activation functions and the scaling of squeeze-and-excite blocks.
func (b *Backend) curve(s kernel.Spec, in []backend.Layout) *backend.Routine {
	switch s := s.(type) {
	case kernel.Curve:
		if cpp.Act(s.F) >= cpp.Acts {
			return nil
		}
		l := b.layout(in...)
		if s.F == kernel.Sigmoid { // of the zeros that fill a block it would make halves
			l = b.joinable(in, s.X[1])
		}
		x := cpp.NewShape(s.X, cpp.Format(l))
		return simple(l, 1, 0, func(out []float32, in [][]float32) { x.Curve(cpp.Act(s.F), out, in[0]) })
	case kernel.CurveBack:
		if cpp.Act(s.F) >= cpp.Acts {
			return nil
		}
		l := b.layout(in...)
		x := cpp.NewShape(s.X, cpp.Format(l))
		return simple(l, 2, 1, func(out []float32, in [][]float32) {
			x.CurveBack(cpp.Act(s.F), out, in[0], in[1])
		})
	case kernel.ScaleChannels:
		l := b.layout(in[0])
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{l, plain}, Out: l, InPlace: 0,
			Run: func(out []float32, in [][]float32, _ []float32) {
				x.ScaleChannels(out, in[0], in[1])
			},
		}
	case kernel.ScaleChannelsBack:
		l := b.layout(in...)
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{l, l}, Out: plain, InPlace: -1,
			Run: func(out []float32, in [][]float32, _ []float32) {
				x.ScaleChannelsBack(out, in[0], in[1])
			},
		}
	}
	return nil
}

// Go and C++ number the activations alike: if they differ, this does not compile.
var (
	_ = [1]struct{}{}[int(kernel.NoAct)-int(cpp.NoAct)]
	_ = [1]struct{}{}[int(kernel.ReLU)-int(cpp.ReLU)]
	_ = [1]struct{}{}[int(kernel.ReLU6)-int(cpp.ReLU6)]
	_ = [1]struct{}{}[int(kernel.Sigmoid)-int(cpp.Sigmoid)]
	_ = [1]struct{}{}[int(kernel.SiLU)-int(cpp.SiLU)]
	_ = [1]struct{}{}[int(kernel.GELU)-int(cpp.GELU)]
)
