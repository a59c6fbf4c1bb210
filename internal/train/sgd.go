package train

import (
	"math"
	"sync"

	"acol/internal/model"
)

// SGD is torch.optim.SGD: weight decay is added to the gradient; the momentum
// buffer starts as the first gradient; nesterov steps by the gradient plus
// momentum times the buffer; the learning rate is outside of the buffer.
type SGD struct {
	cfg     Optimizer
	params  []*model.Param
	buf     [][]float32 // momentum, as the parameters; nil before the first step
	threads int
}

// NewSGD updates params, using up to threads goroutines.
func NewSGD(cfg Optimizer, params []*model.Param, threads int) *SGD {
	return &SGD{cfg: cfg, params: params, threads: max(threads, 1)}
}

// rates gives the learning rate and weight decay of a parameter.
func (s *SGD) rates(p *model.Param) (lr, decay float64) {
	lr, decay = s.cfg.LRBackbone, s.cfg.WeightDecay
	if p.Group == model.HeadGroup {
		lr = s.cfg.LRHeads
	}
	if p.Kind == model.Weight {
		return lr, decay
	}
	if p.Kind == model.Bias || p.Kind == model.Shift {
		lr *= s.cfg.BiasFactor
	}
	if !s.cfg.BiasDecay {
		decay = 0
	}
	return lr, decay
}

// Step moves every parameter by its gradient, grad(i) for params[i], with the
// learning rates times scale and the gradients times clip.
func (s *SGD) Step(grad func(i int) []float32, scale, clip float64) {
	first := s.buf == nil
	if first && s.cfg.Momentum != 0 {
		s.buf = make([][]float32, len(s.params))
		for i, p := range s.params {
			s.buf[i] = make([]float32, len(p.Data))
		}
	}
	for i, p := range s.params {
		lr, decay := s.rates(p)
		u := update{
			lr: float32(lr * scale), decay: float32(decay), clip: float32(clip),
			mu: float32(s.cfg.Momentum), nesterov: s.cfg.Nesterov, first: first,
		}
		g, w := grad(i), p.Data
		var buf []float32
		if s.buf != nil {
			buf = s.buf[i]
		}
		s.split(len(w), func(lo, hi int) {
			if buf == nil {
				u.plain(w[lo:hi], g[lo:hi])
				return
			}
			u.momentum(w[lo:hi], g[lo:hi], buf[lo:hi])
		})
	}
}

// splitFrom is the tensor size from which a second goroutine pays.
const splitFrom = 1 << 16

func (s *SGD) split(n int, f func(lo, hi int)) {
	parts := s.threads
	if n < splitFrom {
		parts = 1
	}
	var wg sync.WaitGroup
	for t := 1; t < parts; t++ {
		wg.Go(func() { f(n*t/parts, n*(t+1)/parts) })
	}
	f(0, n/parts)
	wg.Wait()
}

// update is the step of one tensor.
type update struct {
	lr, decay, clip, mu float32
	nesterov, first     bool
}

func (u update) plain(w, g []float32) {
	for i, x := range g {
		w[i] -= u.lr * (x*u.clip + u.decay*w[i])
	}
}

func (u update) momentum(w, g, buf []float32) {
	keep := u.mu
	if u.first {
		keep = 0
	}
	for i, x := range g {
		d := x*u.clip + u.decay*w[i]
		m := keep*buf[i] + d
		buf[i] = m
		if u.nesterov {
			m = d + u.mu*m
		}
		w[i] -= u.lr * m
	}
}

// clipFactor scales gradients whose L2 norm over all parameters is above
// limit, as torch.nn.utils.clip_grad_norm_ does; 1 where limit is 0.
func clipFactor(n int, grad func(i int) []float32, limit float64) float64 {
	if limit == 0 {
		return 1
	}
	sum := 0.0
	for i := range n {
		for _, x := range grad(i) {
			sum += float64(x) * float64(x)
		}
	}
	return min(1, limit/(math.Sqrt(sum)+1e-6))
}
