//go:build onednn && amd64 && cgo

package kernel

import (
	"slices"

	"acol/internal/kernel/native"
)

// simple is a step whose inputs and output have one layout.
func simple(l Layout, inputs, inPlace int, run func(out []float32, in [][]float32)) *Step {
	in := make([]Layout, inputs)
	for i := range in {
		in[i] = l
	}
	return &Step{In: in, Out: l, InPlace: inPlace, Run: func(out []float32, in [][]float32, _ []float32) { run(out, in) }}
}

func (b *Native) elementwise(s Spec, in []Layout) *Step {
	l := b.layout(in...)
	switch s := s.(type) {
	case ReLU:
		x := native.NewShape(s.X, native.Format(l))
		return simple(l, 1, 0, func(out []float32, in [][]float32) { x.ReLU(out, in[0]) })
	case ReLUBack:
		x := native.NewShape(s.X, native.Format(l))
		return simple(l, 2, 1, func(out []float32, in [][]float32) { x.ReLUBack(out, in[0], in[1]) })
	case Add:
		if s.Dims != 4 {
			return nil
		}
		if slices.ContainsFunc(in, func(l Layout) bool { return l >= Layout(native.FirstWeights) }) {
			// Gradients of weights that several convolutions share; oneDNN takes its layouts of weights to Plain alone.
			w := native.NewShape(s.Shape, native.NHWC) // as many elements
			return simple(Plain, 2, 0, func(out []float32, in [][]float32) { w.Add(false, out, in[0], in[1]) })
		}
		x := native.NewShape(s.Shape, native.Format(l))
		return simple(l, 2, 0, func(out []float32, in [][]float32) { x.Add(false, out, in[0], in[1]) })
	case AddReLU:
		x := native.NewShape(s.X, native.Format(l))
		return simple(l, 2, 0, func(out []float32, in [][]float32) { x.Add(true, out, in[0], in[1]) })
	case ReLUBackAdd:
		x := native.NewShape(s.X, native.Format(l))
		return simple(l, 3, 1, func(out []float32, in [][]float32) { x.ReLUBackAdd(out, in[0], in[1], in[2]) })
	case ChannelSum:
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{l}, Out: Plain, InPlace: -1, Scratch: x.Partial(), Run: func(out []float32, in [][]float32, scratch []float32) {
			x.ChannelSum(out, in[0], scratch)
		}}
	}
	return nil
}

func (b *Native) pool(s Spec, in []Layout) *Step {
	l := b.layout(in...)
	shape := func(g PoolGeom) *native.Shape {
		x := native.NewShape([4]int{g.N, g.C, g.H, g.W}, native.Format(l))
		x.SetWindow(g.KH, g.KW, g.StrideH, g.StrideW, g.PadH, g.PadW, g.OH, g.OW)
		return x
	}
	switch s := s.(type) {
	case MaxPool:
		x := shape(s.PoolGeom)
		return simple(l, 1, -1, func(out []float32, in [][]float32) { x.MaxPool(out, in[0]) })
	case MaxPoolBack:
		x := shape(s.PoolGeom)
		return simple(l, 2, -1, func(out []float32, in [][]float32) { x.MaxPoolBack(out, in[0], in[1]) })
	case AvgPool:
		x := shape(s.PoolGeom)
		return simple(l, 1, -1, func(out []float32, in [][]float32) { x.AvgPool(out, in[0]) })
	case AvgPoolBack:
		x := shape(s.PoolGeom)
		return simple(l, 1, -1, func(out []float32, in [][]float32) { x.AvgPoolBack(out, in[0]) })
	case GlobalAvgPool:
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{l}, Out: Plain, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) { x.GlobalAvg(out, in[0]) }}
	case GlobalAvgPoolBack:
		l := b.natural()
		x := native.NewShape(s.X, native.Format(l))
		return &Step{In: []Layout{Plain}, Out: l, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) { x.GlobalAvgBack(out, in[0]) }}
	}
	return nil
}

// joinable is the layout in which channels can be cut at the places: blocks only
// where every cut is between two of them.
func (b *Native) joinable(in []Layout, cuts ...int) Layout {
	l := b.layout(in...)
	if l == blocked {
		for _, c := range cuts {
			if c%native.Block() != 0 {
				return NHWC
			}
		}
	}
	return l
}

func (b *Native) concat(s Concat, in []Layout) *Step {
	starts := make([]int, s.Count)
	for i := 1; i < s.Count; i++ {
		starts[i] = starts[i-1] + s.Parts[i-1]
	}
	l := b.joinable(in, starts...)
	y := native.NewShape(Shape4(s.Out()), native.Format(l))
	var xs []*native.Shape
	for _, c := range s.Parts[:s.Count] {
		xs = append(xs, native.NewShape([4]int{s.N, c, s.H, s.W}, native.Format(l)))
	}
	return simple(l, s.Count, -1, func(out []float32, in [][]float32) {
		for i, x := range xs {
			x.CopyChannels(y, out, in[i], 0, starts[i], s.Parts[i])
		}
	})
}

func (b *Native) channelSlice(s ChannelSlice, in []Layout) *Step {
	cuts := []int{s.From}
	if s.To < s.X[1] {
		cuts = append(cuts, s.To)
	}
	l := b.joinable(in, cuts...)
	x, y := native.NewShape(s.X, native.Format(l)), native.NewShape(Shape4(s.Out()), native.Format(l))
	return simple(l, 1, -1, func(out []float32, in [][]float32) { x.CopyChannels(y, out, in[0], s.From, 0, s.To-s.From) })
}

func (b *Native) classMap(s ClassMap, in []Layout) *Step {
	l := b.layout(in[0])
	x := native.NewShape(s.Maps, native.Format(l))
	return &Step{In: []Layout{l, Plain}, Out: Plain, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		x.ClassMap(out, in[0], in[1])
	}}
}

func (b *Native) erase(s Erase, in []Layout) *Step {
	l := b.layout(in[0])
	x := native.NewShape(s.X, native.Format(l))
	return &Step{In: []Layout{l, Plain}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		x.Erase(s.Delta, s.Cmp == GreaterEqual, out, in[0], in[1])
	}}
}
