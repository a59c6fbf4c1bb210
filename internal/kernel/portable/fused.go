package portable

import (
	"slices"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// fusedBlock is how many elements a fused routine takes through all of its stages at a time, so
// that they stay in the first-level cache.
const fusedBlock = 1 << 12

// blocks calls f on pieces of [lo,hi), each of at most size elements.
func blocks(lo, hi, size int, f func(lo, hi int)) {
	for ; lo < hi; lo += size {
		f(lo, min(lo+size, hi))
	}
}

func (p *Backend) addReLU(s kernel.AddReLU, in []backend.Layout) *backend.Routine {
	var z, x, y []float32
	body := func(lo, hi int) {
		blocks(lo, hi, fusedBlock, func(lo, hi int) {
			p.isa.vec.add(z[lo:hi], x[lo:hi], y[lo:hi])
			p.isa.vec.relu(z[lo:hi], z[lo:hi])
		})
	}
	l, n := first(in, s.Out()), s.X.Size()
	return &backend.Routine{
		In: layouts{l, l}, Out: l, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			z, x, y = out[:n], in[0][:n], in[1][:n]
			p.Parallel(n, elementGrain, body)
		},
	}
}

func (p *Backend) reluBackAdd(s kernel.ReLUBackAdd, in []backend.Layout) *backend.Routine {
	var dx, y, dy1, dy2 []float32
	body := func(lo, hi int) {
		blocks(lo, hi, fusedBlock, func(lo, hi int) {
			p.isa.vec.add(dx[lo:hi], dy1[lo:hi], dy2[lo:hi])
			p.isa.vec.reluBack(dx[lo:hi], y[lo:hi], dx[lo:hi])
		})
	}
	l, n := first(in, s.Out()), s.X.Size()
	return &backend.Routine{
		In: layouts{l, l, l}, Out: l, InPlace: 1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, y, dy1, dy2 = out[:n], in[0][:n], in[1][:n], in[2][:n]
			p.Parallel(n, elementGrain, body)
		},
	}
}

// thenFinish adds the residual and the activation of a ConvAct behind a convolution that does not
// know of them.
func (p *Backend) thenFinish(s kernel.ConvAct, conv *backend.Routine) *backend.Routine {
	if !s.Residual && s.Act == kernel.NoAct {
		return conv
	}
	var y, residual []float32
	act := p.curveOf(s.Act)
	body := func(lo, hi int) {
		if s.Residual {
			p.isa.vec.add(y[lo:hi], y[lo:hi], residual[lo:hi])
		}
		if s.Act != kernel.NoAct {
			act.forward(y[lo:hi], y[lo:hi])
		}
	}
	r, n, own := *conv, s.Y().Size(), len(conv.In)
	if s.Residual {
		r.In = append(slices.Clone(conv.In), nhwc)
	}
	r.InPlace = -1
	r.Run = func(out []float32, in [][]float32, scratch []float32) {
		conv.Run(out, in[:own], scratch)
		y, residual = out, in[len(in)-1]
		p.Parallel(n, elementGrain, body)
	}
	return &r
}

func (p *Backend) normAct(s kernel.NormAct) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var y, x, mean, shift, scale, residual []float32
	act := p.curveOf(s.Act)
	body := func(lo, hi int) {
		blocks(lo, hi, max(fusedBlock/c, 1), func(lo, hi int) {
			part := y[lo*c : hi*c]
			p.isa.vec.affine(part, x[lo*c:hi*c], mean, scale, shift)
			if s.Residual {
				p.isa.vec.add(part, part, residual[lo*c:hi*c])
			}
			if s.Act != kernel.NoAct {
				act.forward(part, part)
			}
		})
	}
	in := layouts{nhwc, plain, plain, plain, nhwc}[:len(s.In())]
	return &backend.Routine{
		In: in, Out: nhwc, InPlace: 0, Scratch: c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, mean, shift, scale = out, in[0], in[1][:c], in[3][:c], scratch[:c]
			if s.Residual {
				residual = in[4]
			}
			NormFactors(scale, in[1][c:], in[2], s.Eps)
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}

func (p *Backend) normActBackParams(s kernel.NormActBackParams) *backend.Routine {
	b := newRowBlocks(s.X)
	c := b.c
	var y, x, stats, factor, shift, dy, parts, own []float32
	act := p.curveOf(s.Act)
	partial := func(worker, lo, hi int) {
		masked := own[worker*b.size*c:][:b.size*c]
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i)
			m := masked[:e1-e0]
			p.isa.vec.affine(m, x[e0:e1], stats[:c], factor, shift)
			act.back(m, m, dy[e0:e1])
			p.isa.vec.dot(parts[2*i*c:][:c], parts[(2*i+1)*c:][:c], m, x[e0:e1], stats[:c])
		}
	}
	finish := func(lo, hi int) {
		for j := lo; j < hi; j++ {
			y[j] = float32(b.total(parts, j, 2*c) * InvStd(stats[c+j], s.Eps))
			y[c+j] = float32(b.total(parts, c+j, 2*c))
		}
	}
	in := layouts{nhwc, plain, plain, plain, nhwc}
	need := c + 2*b.count*c + p.team.threads*b.size*c
	return &backend.Routine{
		In: in, Out: plain, InPlace: -1, Scratch: need,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, stats, shift, dy = out, in[0], in[1], in[3][:c], in[4]
			factor, parts, own = scratch[:c], scratch[c:][:2*b.count*c], scratch[c+2*b.count*c:]
			NormFactors(factor, stats[c:], in[2], s.Eps)
			p.team.run(b.count, 1, partial)
			p.Parallel(c, channelGrain, finish)
		},
	}
}

func (p *Backend) normActBackData(s kernel.NormActBackData) *backend.Routine {
	b := newRowBlocks(s.X)
	c := b.c
	var dx, x, dy, mean, factor, shift, own []float32
	var k NormBackFactors
	act := p.curveOf(s.Act)
	body := func(worker, lo, hi int) {
		masked := own[worker*b.size*c:][:b.size*c]
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i)
			m := masked[:e1-e0]
			p.isa.vec.affine(m, x[e0:e1], mean, factor, shift)
			act.back(m, m, dy[e0:e1])
			if s.Frozen {
				p.isa.vec.scale(dx[e0:e1], m, k.DY)
			} else {
				p.isa.vec.blend(dx[e0:e1], m, x[e0:e1], mean, k.DY, k.X, k.Shift)
			}
		}
	}
	in := layouts{nhwc, plain, plain, plain, plain, nhwc}
	need := 4*c + p.team.threads*b.size*c
	return &backend.Routine{
		In: in, Out: nhwc, InPlace: 5, Scratch: need,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			dx, x, dy, mean, shift = out, in[0], in[5], in[1][:c], in[3][:c]
			factor, own = scratch[3*c:4*c], scratch[4*c:]
			NormFactors(factor, in[1][c:], in[2], s.Eps)
			k.Set(scratch, in[1], in[2], in[4], s.Eps, b.rows)
			p.team.run(b.count, 1, body)
		},
	}
}

func (p *Backend) foldWeights(s kernel.FoldWeights) *backend.Routine {
	each := s.W[1] * s.W[2] * s.W[3]
	return &backend.Routine{
		In: layouts{plain, plain, plain}, Out: plain, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			for o := range s.W[0] {
				f := float32(float64(in[2][o]) * InvStd(in[1][s.W[0]+o], s.Eps))
				for i, w := range in[0][o*each:][:each] {
					out[o*each+i] = w * f
				}
			}
		},
	}
}

func (p *Backend) foldBias(s kernel.FoldBias) *backend.Routine {
	in := layouts{plain, plain, plain, plain}[:len(s.In())]
	return &backend.Routine{
		In: in, Out: plain, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			for o := range s.C {
				b := -float64(in[0][o])
				if s.Bias {
					b += float64(in[3][o])
				}
				out[o] = float32(float64(in[2][o]) + b*float64(in[1][o])*InvStd(in[0][s.C+o], s.Eps))
			}
		},
	}
}
