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
	over := 0
	for _, v := range a {
		if v > high {
			over++
		}
	}
	if over < kernel.GuideLeast {
		top := a[0]
		for _, v := range a {
			top = max(top, v) // NaN stays
		}
		high = top * kernel.GuideShare
	}
	ignored, object := math.Float32bits(kernel.GuideIgnored), math.Float32bits(1)
	for i, v := range a {
		m := ignored // whole numbers are chosen without a branch
		if v > high {
			m = object
		}
		if v < low {
			m = 0
		}
		mask[i] = math.Float32frombits(m)
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
	rows := s.N * s.H
	var x, mask, sums, counts []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			m := mask[r*s.W:][:s.W]
			sums[r], counts[r] = float32(guideRow(x[r*s.W:][:s.W], m)), float32(counted(m))
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: plain, InPlace: -1, Scratch: 2 * rows,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			x, mask, sums, counts = in[0], in[1], scratch[:rows], scratch[rows:2*rows]
			p.Parallel(rows, max(lossGrain/s.W, 1), body)
			out[0] = sumOf(sums) / max(sumOf(counts), 1)
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
	rows := s.N * s.H
	var dx, x, mask, counts []float32
	var g float64
	count := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			counts[r] = float32(counted(mask[r*s.W:][:s.W]))
		}
	}
	body := func(lo, hi int) {
		for i := lo * s.W; i < hi*s.W; i++ {
			m := mask[i]
			if m < kernel.GuideIgnored {
				dx[i] = float32((sigmoid(x[i]) - float64(m)) * g)
			} else {
				dx[i] = 0
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc, plain}, Out: nhwc, InPlace: 0, Scratch: rows,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			dx, x, mask, counts = out, in[0], in[1], scratch[:rows]
			p.Parallel(rows, rowGrain(s.W), count)
			g = float64(in[2][0]) / float64(max(sumOf(counts), 1))
			p.Parallel(rows, max(lossGrain/s.W, 1), body)
		},
	}
}
