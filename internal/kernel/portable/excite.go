package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

func (p *Backend) scaleChannels(s kernel.ScaleChannels) *backend.Routine {
	c, hw := s.X[1], s.X[2]*s.X[3]
	var y, x, factors []float32
	body := func(lo, hi int) {
		for lo < hi {
			end := min((lo/hw+1)*hw, hi) // of the image
			p.isa.vec.scale(y[lo*c:end*c], x[lo*c:end*c], factors[lo/hw*c:][:c])
			lo = end
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: nhwc, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x, factors = out, in[0], in[1]
			p.Parallel(s.X[0]*hw, rowGrain(c), body)
		},
	}
}

func (p *Backend) scaleChannelsBack(s kernel.ScaleChannelsBack) *backend.Routine {
	c, hw := s.X[1], s.X[2]*s.X[3]
	rows := directLoopsOf(p.isa).rows
	var ds, x, dy []float32
	body := func(lo, hi int) {
		for n := lo; n < hi; n++ {
			acc := ds[n*c:][:c]
			clear(acc)
			for r := 0; r < hw; r += maxBlockRows { // short sums first
				at := (n*hw + r) * c
				rows(acc, x[at:], dy[at:], c, c, min(maxBlockRows, hw-r))
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			ds, x, dy = out, in[0], in[1]
			p.Parallel(s.X[0], 1, body)
		},
	}
}
