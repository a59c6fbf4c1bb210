package kernel

import "slices"

// elementGrain is how many elements are worth a thread's waking.
const elementGrain = 1 << 14

// first is the layout that an element-wise step works in: that of its first
// input.
func first(in []Layout, shape []int) Layout {
	if in[0] == Any {
		return natural(shape)
	}
	return in[0]
}

func (p *Portable) relu(s ReLU, in []Layout) *Step {
	var y, x []float32
	body := func(lo, hi int) { p.isa.vec.relu(y[lo:hi], x[lo:hi]) }
	l, n := first(in, s.Out()), s.X.Size()
	return &Step{In: []Layout{l}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		y, x = out[:n], in[0][:n]
		p.Parallel(n, elementGrain, body)
	}}
}

func (p *Portable) reluBack(s ReLUBack, in []Layout) *Step {
	var dx, y, dy []float32
	body := func(lo, hi int) { p.isa.vec.reluBack(dx[lo:hi], y[lo:hi], dy[lo:hi]) }
	l, n := first(in, s.Out()), s.X.Size()
	return &Step{In: []Layout{l, l}, Out: l, InPlace: 1, Run: func(out []float32, in [][]float32, _ []float32) {
		dx, y, dy = out[:n], in[0][:n], in[1][:n]
		p.Parallel(n, elementGrain, body)
	}}
}

func (p *Portable) add(s Add, in []Layout) *Step {
	var z, x, y []float32
	body := func(lo, hi int) { p.isa.vec.add(z[lo:hi], x[lo:hi], y[lo:hi]) }
	l, n := first(in, s.Out()), p.Size(s.Out(), Plain)
	return &Step{In: []Layout{l, l}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		z, x, y = out[:n], in[0][:n], in[1][:n]
		p.Parallel(n, elementGrain, body)
	}}
}

func (p *Portable) row(s Row) *Step {
	return &Step{In: []Layout{Plain}, Out: Plain, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		copy(out[:s.C], in[0][s.I*s.C:])
	}}
}

func (p *Portable) concat(s Concat) *Step {
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
	return &Step{In: slices.Repeat([]Layout{NHWC}, s.Count), Out: NHWC, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		y, xs = out, in
		p.Parallel(rows, rowGrain(c), body)
	}}
}

func (p *Portable) channelSlice(s ChannelSlice) *Step {
	var y, x []float32
	c, w := s.X[1], s.To-s.From
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			copy(y[r*w:][:w], x[r*c+s.From:])
		}
	}
	rows := s.X[0] * s.X[2] * s.X[3]
	return &Step{In: []Layout{NHWC}, Out: NHWC, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		y, x = out, in[0]
		p.Parallel(rows, rowGrain(w), body)
	}}
}

// rowGrain is elementGrain in rows of c channels.
func rowGrain(c int) int { return max(elementGrain/c, 1) }
