package portable

import (
	"math"

	"acol/internal/kernel/backend"
)

// SGD implements backend.Updater.
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

// AdamW implements backend.Updater.
func (p *Backend) AdamW(w, g, m, v []float32, s backend.AdamWStep) {
	p.Parallel(len(w), elementGrain, func(lo, hi int) {
		adamW(s, w[lo:hi], g[lo:hi], m[lo:hi], v[lo:hi])
	})
}

func adamW(s backend.AdamWStep, w, g, m, v []float32) {
	g, m, v = g[:len(w)], m[:len(w)], v[:len(w)]
	for i, x := range w {
		d := g[i] * s.Clip
		a := m[i] + s.Take1*(d-m[i])
		b := s.Beta2*v[i] + s.Take2*d*d
		m[i], v[i] = a, b
		w[i] = s.Keep*x - s.Rate*a/(float32(math.Sqrt(float64(b)))*s.Root+s.Eps)
	}
}

// Blend implements backend.Updater.
func (p *Backend) Blend(dst, src []float32, keep, take float32) {
	p.Parallel(len(dst), elementGrain, func(lo, hi int) {
		y := dst[lo:hi]
		for i, x := range src[lo:hi] {
			y[i] = keep*y[i] + take*x
		}
	})
}
