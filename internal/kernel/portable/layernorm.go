package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// moments gives the mean and 1/sqrt(var+eps) of the channels x of a position.
func moments(x []float32, eps float32) (mean, inv float64) {
	for _, v := range x {
		mean += float64(v)
	}
	mean /= float64(len(x))
	variance := 0.0
	for _, v := range x {
		d := float64(v) - mean
		variance += d * d
	}
	return mean, 1 / math.Sqrt(variance/float64(len(x))+float64(eps))
}

func (p *Backend) layerNorm(s kernel.LayerNorm) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var y, x, scale, shift []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			from, to := x[r*c:][:c], y[r*c:][:c]
			mean, inv := moments(from, s.Eps)
			for j, v := range from {
				to[j] = float32((float64(v)-mean)*inv)*scale[j] + shift[j]
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, plain, plain}, Out: nhwc, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x, scale, shift = out, in[0], in[1][:c], in[2][:c]
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}

func (p *Backend) layerNormBackParams(s kernel.LayerNormBackParams) *backend.Routine {
	b := newRowBlocks(s.X)
	c := b.c
	var y, x, dy, parts []float32
	partial := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dscale, dshift := parts[2*i*c:][:c], parts[(2*i+1)*c:][:c]
			clear(dscale)
			clear(dshift)
			e0, e1 := b.span(i)
			for ; e0 < e1; e0 += c {
				from, g := x[e0:][:c], dy[e0:][:c]
				mean, inv := moments(from, s.Eps)
				for j, v := range from {
					dscale[j] += g[j] * float32((float64(v)-mean)*inv)
					dshift[j] += g[j]
				}
			}
		}
	}
	finish := func(lo, hi int) {
		for j := lo; j < hi; j++ {
			y[j] = float32(b.total(parts, j, 2*c))
			y[c+j] = float32(b.total(parts, c+j, 2*c))
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: plain, InPlace: -1, Scratch: 2 * b.count * c,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y, x, dy, parts = out, in[0], in[1], scratch
			p.Parallel(b.count, 1, partial)
			p.Parallel(c, channelGrain, finish)
		},
	}
}

// layerNormBackData computes, with n = (x-mean)/sqrt(var+Eps) and g = dy*scale,
//
//	dx = (g - mean(g) - n*mean(g*n)) / sqrt(var+Eps)
//
// with means over the channels.
func (p *Backend) layerNormBackData(s kernel.LayerNormBackData) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	var dx, x, scale, dy []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			from, g, to := x[r*c:][:c], dy[r*c:][:c], dx[r*c:][:c]
			mean, inv := moments(from, s.Eps)
			var sum, along float64
			for j, v := range from {
				d := float64(g[j]) * float64(scale[j])
				sum += d
				along += d * (float64(v) - mean) * inv
			}
			sum /= float64(c)
			along /= float64(c)
			for j, v := range from {
				to[j] = float32((float64(g[j])*float64(scale[j]) - sum - (float64(v)-mean)*inv*along) * inv)
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, plain, nhwc}, Out: nhwc, InPlace: 2,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, x, scale, dy = out, in[0], in[1][:c], in[2]
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}
