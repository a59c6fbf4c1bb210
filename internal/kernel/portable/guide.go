package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

func (p *Backend) guideMask(s kernel.GuideMask) *backend.Routine {
	hw := s.H * s.W
	var y, a []float32
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			guideImage(y[i*hw:][:hw], a[i*hw:][:hw], s.Low, s.High)
		}
	}
	return &backend.Routine{
		In: layouts{nhwc}, Out: nhwc, InPlace: -1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, a = out, in[0]
			p.Parallel(s.N, 1, body)
		},
	}
}

// guideImage fills the mask of one image.
func guideImage(mask, a []float32, low, high float32) {
	over, top := 0, a[0]
	for _, v := range a {
		top = max(top, v) // NaN stays
		if v > high {
			over++
		}
	}
	if over < kernel.GuideLeast {
		high = top * kernel.GuideShare
	}
	for i, v := range a {
		switch {
		case v < low:
			mask[i] = 0
		case v > high:
			mask[i] = 1
		default:
			mask[i] = kernel.GuideIgnored
		}
	}
}

// counted returns how many positions of a mask are not ignored.
func counted(mask []float32) int {
	n := 0
	for _, m := range mask {
		if m < kernel.GuideIgnored {
			n++
		}
	}
	return n
}

func (p *Backend) guideLoss(s kernel.GuideLoss) *backend.Routine {
	hw := s.H * s.W
	var x, mask, sums []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			sums[r] = float32(guideRow(x[r*s.W:][:s.W], mask[r*s.W:][:s.W]))
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: plain, InPlace: -1, Scratch: s.N * s.H,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			x, mask, sums = in[0], in[1], scratch[:s.N*s.H]
			p.Parallel(s.N*s.H, max(lossGrain/s.W, 1), body)
			out[0] = sumOf(sums) / float32(max(counted(mask[:s.N*hw]), 1))
		},
	}
}

// guideRow returns the sum of the losses of a row. It takes the logarithm of a product of many
// 1+exp(-|x|), each at most 2, and not of each.
func guideRow(x, mask []float32) float64 {
	sum, product, factors := 0.0, 1.0, 0
	for i, m := range mask {
		if !(m < kernel.GuideIgnored) {
			continue
		}
		v := float64(x[i])
		sum += max(v, 0) - v*float64(m)
		product *= 1 + math.Exp(-math.Abs(v))
		if factors++; factors == 512 {
			sum, product, factors = sum+math.Log(product), 1, 0
		}
	}
	return sum + math.Log(product)
}

func (p *Backend) guideLossBack(s kernel.GuideLossBack) *backend.Routine {
	total := s.N * s.H * s.W
	var dx, x, mask []float32
	var g float64
	body := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			m := mask[i]
			if m < kernel.GuideIgnored {
				dx[i] = float32((sigmoid(x[i]) - float64(m)) * g)
			} else {
				dx[i] = 0
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc, plain}, Out: nhwc, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, x, mask = out, in[0], in[1]
			g = float64(in[2][0]) / float64(max(counted(mask[:total]), 1))
			p.Parallel(total, lossGrain, body)
		},
	}
}
