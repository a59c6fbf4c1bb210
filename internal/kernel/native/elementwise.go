//go:build onednn && amd64 && cgo

package native

import (
	"slices"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
)

// simple is a routine whose inputs and output have one layout, without working memory.
func simple(l backend.Layout, inputs, inPlace int,
	run func(out []float32, in [][]float32)) *backend.Routine {
	return &backend.Routine{
		In: slices.Repeat(layouts{l}, inputs), Out: l, InPlace: inPlace,
		Run: func(out []float32, in [][]float32, _ []float32) { run(out, in) },
	}
}

func (b *Backend) elementwise(s kernel.Spec, in []backend.Layout) *backend.Routine {
	l := b.layout(in...)
	switch s := s.(type) {
	case kernel.Add:
		if s.Dims != 4 {
			return nil
		}
		if slices.ContainsFunc(in,
			func(l backend.Layout) bool { return l >= backend.Layout(cpp.FirstWeights) }) {
			// These are gradients of weights that several convolutions share. oneDNN reorders its
			// layouts of weights to Plain alone.
			w := cpp.NewShape(s.Shape, cpp.NHWC) // as many elements
			return simple(plain, 2, 0,
				func(out []float32, in [][]float32) { w.Add(false, out, in[0], in[1]) })
		}
		x := cpp.NewShape(s.Shape, cpp.Format(l))
		return simple(l, 2, 0, func(out []float32, in [][]float32) { x.Add(false, out, in[0], in[1]) })
	case kernel.AddReLU:
		x := cpp.NewShape(s.X, cpp.Format(l))
		return simple(l, 2, 0, func(out []float32, in [][]float32) { x.Add(true, out, in[0], in[1]) })
	case kernel.ReLUBackAdd:
		x := cpp.NewShape(s.X, cpp.Format(l))
		return simple(l, 3, 1, func(out []float32, in [][]float32) {
			x.ReLUBackAdd(out, in[0], in[1], in[2])
		})
	case kernel.ChannelSum:
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{l}, Out: plain, InPlace: -1, Scratch: x.Partial(),
			Run: func(out []float32, in [][]float32, scratch []float32) {
				x.ChannelSum(out, in[0], scratch)
			},
		}
	}
	return nil
}

func (b *Backend) pool(s kernel.Spec, in []backend.Layout) *backend.Routine {
	l := b.layout(in...)
	shape := func(g kernel.PoolGeom) *cpp.Shape {
		x := cpp.NewShape([4]int{g.N, g.C, g.H, g.W}, cpp.Format(l))
		x.SetWindow(g.KH, g.KW, g.StrideH, g.StrideW, g.PadH, g.PadW, g.OH, g.OW)
		return x
	}
	switch s := s.(type) {
	case kernel.MaxPool:
		x := shape(s.PoolGeom)
		return simple(l, 1, -1, func(out []float32, in [][]float32) { x.MaxPool(out, in[0]) })
	case kernel.MaxPoolBack:
		x := shape(s.PoolGeom)
		return simple(l, 2, -1, func(out []float32, in [][]float32) { x.MaxPoolBack(out, in[0], in[1]) })
	case kernel.AvgPool:
		x := shape(s.PoolGeom)
		return simple(l, 1, -1, func(out []float32, in [][]float32) { x.AvgPool(out, in[0]) })
	case kernel.AvgPoolBack:
		x := shape(s.PoolGeom)
		return simple(l, 1, -1, func(out []float32, in [][]float32) { x.AvgPoolBack(out, in[0]) })
	case kernel.GlobalAvgPool:
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{l}, Out: plain, InPlace: -1,
			Run: func(out []float32, in [][]float32, _ []float32) { x.GlobalAvg(out, in[0]) },
		}
	case kernel.GlobalAvgPoolBack:
		l := b.natural()
		x := cpp.NewShape(s.X, cpp.Format(l))
		return &backend.Routine{
			In: layouts{plain}, Out: l, InPlace: -1,
			Run: func(out []float32, in [][]float32, _ []float32) { x.GlobalAvgBack(out, in[0]) },
		}
	}
	return nil
}

// joinable is the layout in which channels can be cut at the given places: blocks only where every
// cut is between two of them.
func (b *Backend) joinable(in []backend.Layout, cuts ...int) backend.Layout {
	l := b.layout(in...)
	if l == blocked {
		for _, c := range cuts {
			if c%cpp.Block() != 0 {
				return nhwc
			}
		}
	}
	return l
}

func (b *Backend) concat(s kernel.Concat, in []backend.Layout) *backend.Routine {
	starts := make([]int, s.Count)
	for i := 1; i < s.Count; i++ {
		starts[i] = starts[i-1] + s.Parts[i-1]
	}
	l := b.joinable(in, starts...)
	y := cpp.NewShape(kernel.Shape4(s.Out()), cpp.Format(l))
	var xs []*cpp.Shape
	for _, c := range s.Parts[:s.Count] {
		xs = append(xs, cpp.NewShape([4]int{s.N, c, s.H, s.W}, cpp.Format(l)))
	}
	return simple(l, s.Count, -1, func(out []float32, in [][]float32) {
		for i, x := range xs {
			x.CopyChannels(y, out, in[i], 0, starts[i], s.Parts[i])
		}
	})
}

func (b *Backend) channelSlice(s kernel.ChannelSlice, in []backend.Layout) *backend.Routine {
	cuts := []int{s.From}
	if s.To < s.X[1] {
		cuts = append(cuts, s.To)
	}
	l := b.joinable(in, cuts...)
	x, y := cpp.NewShape(s.X, cpp.Format(l)), cpp.NewShape(kernel.Shape4(s.Out()), cpp.Format(l))
	return simple(l, 1, -1, func(out []float32, in [][]float32) {
		x.CopyChannels(y, out, in[0], s.From, 0, s.To-s.From)
	})
}

func (b *Backend) classMap(s kernel.ClassMap, in []backend.Layout) *backend.Routine {
	l := b.layout(in[0])
	x := cpp.NewShape(s.Maps, cpp.Format(l))
	return &backend.Routine{
		In: layouts{l, plain}, Out: plain, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			x.ClassMap(out, in[0], in[1])
		},
	}
}

func (b *Backend) erase(s kernel.Erase, in []backend.Layout) *backend.Routine {
	l := b.layout(in[0])
	x := cpp.NewShape(s.X, cpp.Format(l))
	return &backend.Routine{
		In: layouts{l, plain}, Out: l, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			x.Erase(s.Delta, s.Cmp == kernel.GreaterEqual, out, in[0], in[1])
		},
	}
}
