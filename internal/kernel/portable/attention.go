package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// attention computes what an AttentionDrop multiplies every position by.
type attention struct {
	kernel.AttentionDrop
	p             *Backend
	x, mask       []float32
	drop          bool
	means, choose func(lo, hi int)
}

func (p *Backend) attention(s kernel.AttentionDrop) *attention {
	a := &attention{AttentionDrop: s, p: p}
	a.means, a.choose = a.meanRows, a.chooseImages
	return a
}

// run fills mask (N,H,W) from x; choice is the Spec's input of that name.
func (a *attention) run(mask, x []float32, choice float32) {
	a.x, a.mask, a.drop = x, mask, choice == 1
	a.p.Parallel(len(mask), rowGrain(a.X[1]), a.means)
	a.p.Parallel(a.X[0], rowGrain(a.X[2]*a.X[3]), a.choose)
}

func (a *attention) meanRows(lo, hi int) {
	c := a.X[1]
	for r := lo; r < hi; r++ {
		sum := 0.0
		for _, v := range a.x[r*c:][:c] {
			sum += float64(v)
		}
		a.mask[r] = float32(sum / float64(c))
	}
}

func (a *attention) chooseImages(lo, hi int) {
	hw := a.X[2] * a.X[3]
	for n := lo; n < hi; n++ {
		m := a.mask[n*hw:][:hw]
		if !a.drop {
			for i, v := range m {
				m[i] = float32(sigmoid(v))
			}
			continue
		}
		top := m[0]
		for _, v := range m {
			top = max(top, v)
		}
		limit := top * a.Threshold
		for i, v := range m {
			m[i] = 0
			if v < limit {
				m[i] = 1
			}
		}
	}
}

func (p *Backend) attentionDrop(s kernel.AttentionDrop) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	a := p.attention(s)
	var y []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			m, from, to := a.mask[r], a.x[r*c:][:c], y[r*c:][:c]
			for i, v := range from {
				to[i] = v * m
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, plain}, Out: nhwc, InPlace: 0, Scratch: rows,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			y = out
			a.run(scratch[:rows], in[0], in[1][0])
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}

// attentionDropBack computes dx = dy*m, plus m*(1-m)/C * sum over the channels of x*dy with the
// importance map.
func (p *Backend) attentionDropBack(s kernel.AttentionDropBack) *backend.Routine {
	c, rows := s.X[1], s.X[0]*s.X[2]*s.X[3]
	a := p.attention(s.AttentionDrop)
	var dx, dy []float32
	body := func(lo, hi int) {
		for r := lo; r < hi; r++ {
			m, g, to := a.mask[r], dy[r*c:][:c], dx[r*c:][:c]
			more := float32(0)
			if !a.drop {
				sum := 0.0
				for i, v := range a.x[r*c:][:c] {
					sum += float64(v) * float64(g[i])
				}
				more = float32(sum * float64(m) * (1 - float64(m)) / float64(c))
			}
			for i, v := range g {
				to[i] = v*m + more
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, plain, nhwc}, Out: nhwc, InPlace: 2, Scratch: rows,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			dx, dy = out, in[2]
			a.run(scratch[:rows], in[0], in[1][0])
			p.Parallel(rows, rowGrain(c), body)
		},
	}
}
