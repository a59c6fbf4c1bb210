package kernel

import "slices"

// fusedBlock is how many elements a fused step takes through all of its stages at
// a time, so that they stay in the first-level cache.
const fusedBlock = 1 << 12

// blocks calls f on pieces of [lo,hi) of at most size.
func blocks(lo, hi, size int, f func(lo, hi int)) {
	for ; lo < hi; lo += size {
		f(lo, min(lo+size, hi))
	}
}

func (p *Portable) addReLU(s AddReLU, in []Layout) *Step {
	var z, x, y []float32
	body := func(lo, hi int) {
		blocks(lo, hi, fusedBlock, func(lo, hi int) {
			p.isa.vec.add(z[lo:hi], x[lo:hi], y[lo:hi])
			p.isa.vec.relu(z[lo:hi], z[lo:hi])
		})
	}
	l, n := first(in, s.Out()), s.X.Size()
	return &Step{In: []Layout{l, l}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		z, x, y = out[:n], in[0][:n], in[1][:n]
		p.Parallel(n, elementGrain, body)
	}}
}

func (p *Portable) reluBackAdd(s ReLUBackAdd, in []Layout) *Step {
	var dx, y, dy1, dy2 []float32
	body := func(lo, hi int) {
		blocks(lo, hi, fusedBlock, func(lo, hi int) {
			p.isa.vec.add(dx[lo:hi], dy1[lo:hi], dy2[lo:hi])
			p.isa.vec.reluBack(dx[lo:hi], y[lo:hi], dx[lo:hi])
		})
	}
	l, n := first(in, s.Out()), s.X.Size()
	return &Step{In: []Layout{l, l, l}, Out: l, InPlace: 1, Run: func(out []float32, in [][]float32, _ []float32) {
		dx, y, dy1, dy2 = out[:n], in[0][:n], in[1][:n], in[2][:n]
		p.Parallel(n, elementGrain, body)
	}}
}

// activate applies an activation in place.
func (p *Portable) activate(a Act, y []float32) {
	switch a {
	case ActReLU:
		p.isa.vec.relu(y, y)
	case ActReLU6:
		directLoopsOf(p.isa).relu6(y, y)
	}
}

// activationBack puts the gradient of an activation in place of its output, or of what went into it.
func (p *Portable) activationBack(a Act, y, dy []float32) {
	if a == ActReLU6 {
		directLoopsOf(p.isa).relu6Back(y, y, dy)
		return
	}
	p.isa.vec.reluBack(y, y, dy)
}

// thenFinish adds what a convolution is fused with behind one that does not know of it.
func (p *Portable) thenFinish(s ConvAct, conv *Step) *Step {
	if !s.Residual && s.Act == NoAct {
		return conv
	}
	var y, residual []float32
	body := func(lo, hi int) {
		if s.Residual {
			p.isa.vec.add(y[lo:hi], y[lo:hi], residual[lo:hi])
		}
		p.activate(s.Act, y[lo:hi])
	}
	step, n, own := *conv, s.Y().Size(), len(conv.In)
	if s.Residual {
		step.In = append(slices.Clone(conv.In), NHWC)
	}
	step.InPlace = -1
	step.Run = func(out []float32, in [][]float32, scratch []float32) {
		conv.Run(out, in[:own], scratch)
		y, residual = out, in[len(in)-1]
		p.Parallel(n, elementGrain, body)
	}
	return &step
}

func (p *Portable) normAct(s NormAct) *Step {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var y, x, mean, shift, scale, residual []float32
	body := func(lo, hi int) {
		blocks(lo, hi, max(fusedBlock/c, 1), func(lo, hi int) {
			part := y[lo*c : hi*c]
			p.isa.vec.affine(part, x[lo*c:hi*c], mean, scale, shift)
			if s.Residual {
				p.isa.vec.add(part, part, residual[lo*c:hi*c])
			}
			p.activate(s.Act, part)
		})
	}
	in := []Layout{NHWC, Plain, Plain, Plain, NHWC}[:len(s.In())]
	return &Step{In: in, Out: NHWC, InPlace: 0, Scratch: c, Run: func(out []float32, in [][]float32, scratch []float32) {
		y, x, mean, shift, scale = out, in[0], in[1][:c], in[3][:c], scratch[:c]
		if s.Residual {
			residual = in[4]
		}
		factors(scale, in[1][c:], in[2], s.Eps)
		p.Parallel(rows, rowGrain(c), body)
	}}
}

// factors are a norm's: scale/sqrt(var+eps).
func factors(dst, variance, scale []float32, eps float32) {
	for j := range dst {
		dst[j] = float32(float64(scale[j]) * invStd(variance[j], eps))
	}
}

func (p *Portable) normActBackParams(s NormActBackParams) *Step {
	b := newRowBlocks(s.X)
	c := b.c
	var y, x, stats, factor, shift, dy, parts, own []float32
	partial := func(worker, lo, hi int) {
		masked := own[worker*b.size*c:][:b.size*c]
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i)
			m := masked[:e1-e0]
			p.isa.vec.affine(m, x[e0:e1], stats[:c], factor, shift)
			p.activationBack(s.Act, m, dy[e0:e1])
			p.isa.vec.dot(parts[2*i*c:][:c], parts[(2*i+1)*c:][:c], m, x[e0:e1], stats[:c])
		}
	}
	finish := func(lo, hi int) {
		for j := lo; j < hi; j++ {
			y[j] = float32(b.total(parts, j, 2*c) * invStd(stats[c+j], s.Eps))
			y[c+j] = float32(b.total(parts, c+j, 2*c))
		}
	}
	in := []Layout{NHWC, Plain, Plain, Plain, NHWC}
	need := c + 2*b.count*c + p.team.threads*b.size*c
	return &Step{In: in, Out: Plain, InPlace: -1, Scratch: need, Run: func(out []float32, in [][]float32, scratch []float32) {
		y, x, stats, shift, dy = out, in[0], in[1], in[3][:c], in[4]
		factor, parts, own = scratch[:c], scratch[c:][:2*b.count*c], scratch[c+2*b.count*c:]
		factors(factor, stats[c:], in[2], s.Eps)
		p.team.run(b.count, 1, partial)
		p.Parallel(c, channelGrain, finish)
	}}
}

func (p *Portable) normActBackData(s NormActBackData) *Step {
	b := newRowBlocks(s.X)
	c := b.c
	var dx, x, dy, mean, factor, shift, own []float32
	var k backFactors
	body := func(worker, lo, hi int) {
		masked := own[worker*b.size*c:][:b.size*c]
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i)
			m := masked[:e1-e0]
			p.isa.vec.affine(m, x[e0:e1], mean, factor, shift)
			p.activationBack(s.Act, m, dy[e0:e1])
			if s.Frozen {
				p.isa.vec.scale(dx[e0:e1], m, k.dy)
			} else {
				p.isa.vec.blend(dx[e0:e1], m, x[e0:e1], mean, k.dy, k.x, k.shift)
			}
		}
	}
	in := []Layout{NHWC, Plain, Plain, Plain, Plain, NHWC}
	need := 4*c + p.team.threads*b.size*c
	return &Step{In: in, Out: NHWC, InPlace: 5, Scratch: need, Run: func(out []float32, in [][]float32, scratch []float32) {
		dx, x, dy, mean, shift = out, in[0], in[5], in[1][:c], in[3][:c]
		factor, own = scratch[3*c:4*c], scratch[4*c:]
		factors(factor, in[1][c:], in[2], s.Eps)
		k.set(scratch, in[1], in[2], in[4], s.Eps, b.rows)
		p.team.run(b.count, 1, body)
	}}
}

// backFactors turn dy and x-mean into a norm's dx: dy*k.dy + (x-mean)*k.x + k.shift.
type backFactors struct{ dy, x, shift []float32 }

// set computes them, in 3*C floats of scratch, from a norm's (2,C) statistics, its
// scale and the (2,C) sums of NormBackParams over so many rows.
func (k *backFactors) set(scratch, stats, scale, sums []float32, eps float32, rows int) {
	c := len(stats) / 2
	k.dy, k.x, k.shift = scratch[:c], scratch[c:2*c], scratch[2*c:3*c]
	for j := range c {
		r := invStd(stats[c+j], eps)
		f := float64(scale[j]) * r
		k.dy[j] = float32(f)
		k.x[j] = float32(-f * r * float64(sums[j]) / float64(rows))
		k.shift[j] = float32(-f * float64(sums[c+j]) / float64(rows))
	}
}

func (p *Portable) foldWeights(s FoldWeights) *Step {
	each := s.W[1] * s.W[2] * s.W[3]
	return &Step{In: []Layout{Plain, Plain, Plain}, Out: Plain, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		for o := range s.W[0] {
			f := float32(float64(in[2][o]) * invStd(in[1][s.W[0]+o], s.Eps))
			for i, w := range in[0][o*each:][:each] {
				out[o*each+i] = w * f
			}
		}
	}}
}

func (p *Portable) foldBias(s FoldBias) *Step {
	in := []Layout{Plain, Plain, Plain, Plain}[:len(s.In())]
	return &Step{In: in, Out: Plain, InPlace: -1, Run: func(out []float32, in [][]float32, _ []float32) {
		for o := range s.C {
			b := -float64(in[0][o])
			if s.Bias {
				b += float64(in[3][o])
			}
			out[o] = float32(float64(in[2][o]) + b*float64(in[1][o])*invStd(in[0][s.C+o], s.Eps))
		}
	}}
}
