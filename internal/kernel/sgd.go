package kernel

// SGDStep is one step of torch.optim.SGD: weight decay is added to the gradient,
// the momentum buffer keeps so much of itself and takes the gradient; nesterov steps by the gradient plus
// momentum times the buffer; the learning rate is outside of the buffer.
type SGDStep struct {
	LR, Decay float32
	// Clip multiplies the gradient first.
	Clip     float32
	Momentum float32
	// Keep is Momentum, or 0 in the first step, which fills the buffer.
	Keep     float32
	Nesterov bool
}

// SGD moves w by its gradient g; buf is its momentum, or nil.
func (p *Portable) SGD(w, g, buf []float32, s SGDStep) {
	p.Parallel(len(w), elementGrain, func(lo, hi int) {
		if buf == nil {
			s.plain(w[lo:hi], g[lo:hi])
			return
		}
		s.momentum(w[lo:hi], g[lo:hi], buf[lo:hi])
	})
}

func (s SGDStep) plain(w, g []float32) {
	for i, x := range g {
		w[i] -= s.LR * (x*s.Clip + s.Decay*w[i])
	}
}

func (s SGDStep) momentum(w, g, buf []float32) {
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
