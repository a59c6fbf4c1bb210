package portable

import (
	"slices"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// elementGrain is how many elements are worth waking a thread for.
const elementGrain = 1 << 14

// first is the layout that an element-wise routine works in: the one of its first input, if that is
// a layout of this backend.
func first(in []backend.Layout, shape []int) backend.Layout {
	if in[0] == plain || in[0] == nhwc {
		return in[0]
	}
	return natural(shape)
}

func (p *Backend) add(s kernel.Add, in []backend.Layout) *backend.Routine {
	var z, x, y []float32
	body := func(lo, hi int) { p.isa.vec.add(z[lo:hi], x[lo:hi], y[lo:hi]) }
	l, n := first(in, s.Out()), p.Size(s.Out(), plain)
	return &backend.Routine{
		In: layouts{l, l}, Out: l, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			z, x, y = out[:n], in[0][:n], in[1][:n]
			p.Parallel(n, elementGrain, body)
		},
	}
}

func (p *Backend) row(s kernel.Row) *backend.Routine {
	return &backend.Routine{
		In: layouts{plain}, Out: plain, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			copy(out[:s.C], in[0][s.I*s.C:])
		},
	}
}

func (p *Backend) concat(s kernel.Concat) *backend.Routine {
	var y []float32
	var xs [][]float32
	parts := s.Parts[:s.Count]
	c := s.Out()[1]
	body := func(lo, hi int) {
		at := 0
		for i, w := range parts {
			for r := lo; r < hi; r++ {
				copy(y[r*c+at:][:w], xs[i][r*w:])
			}
			at += w
		}
	}
	rows := s.N * s.H * s.W
	return &backend.Routine{
		In: slices.Repeat(layouts{nhwc}, s.Count), Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, xs = out, in
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}

func (p *Backend) channelSlice(s kernel.ChannelSlice) *backend.Routine {
	var y, x []float32
	c, w := s.X[1], s.To-s.From
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			copy(y[r*w:][:w], x[r*c+s.From:])
		}
	}
	rows := s.X[0] * s.X[2] * s.X[3]
	return &backend.Routine{
		In: layouts{nhwc}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x = out, in[0]
			p.Parallel(rows, rowGrain(w), body)
		},
	}
}

// rowGrain is how many rows of c channels are worth waking a thread for.
func rowGrain(c int) int { return max(elementGrain/c, 1) }
