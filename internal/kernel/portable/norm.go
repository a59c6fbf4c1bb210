package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// normStats computes mean and squared deviations of each block of rows and joins the blocks by the
// parallel algorithm of Chan, Golub and LeVeque (1979), so that the variance keeps its digits
// beside a large mean.
func (p *Backend) normStats(s kernel.NormStats) *backend.Routine {
	b := newRowBlocks(s.X)
	c := b.c
	var y, x, parts []float32
	partial := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i)
			mean, m2 := parts[2*i*c:][:c], parts[(2*i+1)*c:][:c]
			p.isa.vec.sum(mean, x[e0:e1])
			for j := range mean {
				mean[j] /= float32(b.len(i))
			}
			p.isa.vec.sqdev(m2, x[e0:e1], mean)
		}
	}
	finish := func(lo, hi int) {
		for j := lo; j < hi; j++ {
			y[j], y[c+j] = b.joinStats(parts, j)
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: plain, InPlace: -1, Scratch: 2 * b.count * c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, parts = out, in[0], scratch
			p.Parallel(b.count, 1, partial)
			p.Parallel(c, channelGrain, finish)
		},
	}
}

// joinStats gives mean and biased variance of channel j. parts holds two rows of C for each block,
// its means and its sums of squared deviations.
func (b rowBlocks) joinStats(parts []float32, j int) (mean, variance float32) {
	var m float64
	for i := range b.count {
		m += float64(parts[2*i*b.c+j]) * float64(b.len(i))
	}
	m /= float64(b.rows)
	var m2 float64
	for i := range b.count {
		d := float64(parts[2*i*b.c+j]) - m
		m2 += float64(parts[(2*i+1)*b.c+j]) + d*d*float64(b.len(i))
	}
	return float32(m), float32(m2 / float64(b.rows))
}

func (p *Backend) norm(s kernel.Norm) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var y, x, mean, shift, scale []float32
	body := func(lo, hi int) {
		p.isa.vec.affine(y[lo*c:hi*c], x[lo*c:hi*c], mean, scale, shift)
	}
	in := layouts{nhwc, plain, plain, plain}
	return &backend.Routine{
		In: in, Out: nhwc, InPlace: 0, Scratch: c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, mean, shift, scale = out, in[0], in[1][:c], in[3][:c], scratch[:c]
			NormFactors(scale, in[1][c:], in[2], s.Eps)
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}

func (p *Backend) normBackParams(s kernel.NormBackParams) *backend.Routine {
	b := newRowBlocks(s.X)
	c := b.c
	var y, x, stats, dy, parts []float32
	partial := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			e0, e1 := b.span(i)
			p.isa.vec.dot(parts[2*i*c:][:c], parts[(2*i+1)*c:][:c], dy[e0:e1], x[e0:e1], stats[:c])
		}
	}
	finish := func(lo, hi int) {
		for j := lo; j < hi; j++ {
			y[j] = float32(b.total(parts, j, 2*c) * InvStd(stats[c+j], s.Eps))
			y[c+j] = float32(b.total(parts, c+j, 2*c))
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, plain, nhwc}, Out: plain, InPlace: -1, Scratch: 2 * b.count * c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, stats, dy, parts = out, in[0], in[1], in[2], scratch
			p.Parallel(b.count, 1, partial)
			p.Parallel(c, channelGrain, finish)
		},
	}
}

// normBackData computes, with r = 1/sqrt(var+eps), m = N*H*W and (dscale, dshift) of
// NormBackParams,
//
//	dx = scale*r * (dy - dshift/m - (x-mean)*r * dscale/m)
//
// (Ioffe and Szegedy 2015), or scale*r*dy with Frozen.
func (p *Backend) normBackData(s kernel.NormBackData) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var dx, x, dy, mean []float32
	var k NormBackFactors
	body := func(lo, hi int) {
		if s.Frozen {
			p.isa.vec.scale(dx[lo*c:hi*c], dy[lo*c:hi*c], k.DY)
			return
		}
		p.isa.vec.blend(dx[lo*c:hi*c], dy[lo*c:hi*c], x[lo*c:hi*c], mean, k.DY, k.X, k.Shift)
	}
	in := layouts{nhwc, plain, plain, plain, nhwc}
	return &backend.Routine{
		In: in, Out: nhwc, InPlace: 4, Scratch: 3 * c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			dx, x, dy, mean = out, in[0], in[4], in[1][:c]
			k.Set(scratch, in[1], in[2], in[3], s.Eps, rows)
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}
