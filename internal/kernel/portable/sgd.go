package portable

import "acol/internal/kernel/backend"

// SGD implements backend.Backend.
func (p *Backend) SGD(w, g, buf []float32, s backend.SGDStep) {
	p.Parallel(len(w), elementGrain, func(lo, hi int) {
		if buf == nil {
			plainSGD(s, w[lo:hi], g[lo:hi])
			return
		}
		momentumSGD(s, w[lo:hi], g[lo:hi], buf[lo:hi])
	})
}

func plainSGD(s backend.SGDStep, w, g []float32) {
	for i, x := range g {
		w[i] -= s.LR * (x*s.Clip + s.Decay*w[i])
	}
}

func momentumSGD(s backend.SGDStep, w, g, buf []float32) {
	for i, x := range g {
		d := x*s.Clip + s.Decay*w[i]
		m := s.Keep*buf[i] + d
		buf[i] = m
		if s.Nesterov {
			m = d + s.Momentum*m
		}
		w[i] -= s.LR * m
	}
}
