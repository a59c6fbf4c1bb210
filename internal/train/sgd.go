package train

import (
	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/model"
)

// SGD updates parameters as torch.optim.SGD does. Weight decay is added to the gradient. The
// momentum buffer starts as the first gradient. With Nesterov's momentum the step is the gradient
// plus momentum times the buffer. The learning rate multiplies the step and is not in the buffer.
type SGD struct {
	cfg    Optimization
	engine *engine.Engine
	rates  []rate
	keep   kept
}

// NewSGD returns an SGD of params that computes on the engine's kernels.
func NewSGD(cfg Optimization, e *engine.Engine, params []*model.Param) *SGD {
	return &SGD{cfg: cfg, engine: e, rates: cfg.rates(params), keep: newKept(cfg, params)}
}

// Step implements Optimizer.
func (s *SGD) Step(grad func(i int) []float32, scale, factor float64) error {
	keep := s.cfg.Momentum
	if s.keep.tensors == nil {
		keep = 0
	}
	s.keep.begin()
	return s.engine.Do(func(b backend.Backend) {
		for i, p := range s.keep.params {
			u := backend.SGDStep{
				LR: float32(s.rates[i].lr * scale), Decay: float32(s.rates[i].decay),
				Clip: float32(factor), Momentum: float32(s.cfg.Momentum), Keep: float32(keep),
				Nesterov: s.cfg.Nesterov,
			}
			var buf []float32
			if len(s.keep.tensors) > 0 {
				buf = s.keep.tensors[0][i]
			}
			b.SGD(p.Data, grad(i), buf, u)
		}
	})
}

func (s *SGD) compile(u *model.Update, g compiled) func(Turn) {
	s.keep.make()
	scale, by := u.Number()
	var keep, take model.Value
	keeps, takes := new(float32), new(float32)
	if s.cfg.Momentum != 0 {
		keep, keeps = u.Number()
		take, takes = u.Number()
	}
	for i, p := range s.keep.params {
		w, rate := u.Param(p), s.rates[i]
		step := u.Blend(g.of[i], w, g.factor, u.One(), g.mean, rate.decay)
		if s.cfg.Momentum != 0 {
			buf := u.Beside(p, "momentum", s.keep.tensors[0][i])
			moved := u.Blend(buf, step, keep, take, 1, 1)
			u.Become(buf, moved)
			if s.cfg.Nesterov {
				moved = u.Blend(step, moved, u.One(), u.One(), 1, s.cfg.Momentum)
			}
			step = moved
		}
		u.Become(w, u.Blend(w, step, u.One(), scale, 1, -rate.lr))
	}
	return func(t Turn) {
		*by, *keeps, *takes = 0, 1, 0
		if t.Last {
			s.keep.steps++
			*by, *keeps, *takes = float32(t.Scale), float32(s.cfg.Momentum), 1
		}
	}
}

func (s *SGD) kept() *kept { return &s.keep }
