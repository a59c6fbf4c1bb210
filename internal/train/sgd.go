package train

import (
	"math"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/model"
)

// SGD updates parameters as torch.optim.SGD does. Weight decay is added to the gradient. The
// momentum buffer starts as the first gradient. With Nesterov's momentum the step is the gradient
// plus momentum times the buffer. The learning rate multiplies the step and is not in the buffer.
type SGD struct {
	cfg    Optimizer
	engine *engine.Engine
	params []*model.Param
	buf    [][]float32 // momentum, as the parameters; nil before the first step
}

// NewSGD returns an optimiser of params that computes on the engine's kernels. After a step the
// caller must tell the model that its parameters have changed (model.Model.Changed).
func NewSGD(cfg Optimizer, e *engine.Engine, params []*model.Param) *SGD {
	return &SGD{cfg: cfg, engine: e, params: params}
}

// rates returns the learning rate and the weight decay of a parameter.
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

// Step updates every parameter. The gradient of params[i] is grad(i), of the parameter's shape;
// gradients are multiplied by clip and learning rates by scale.
func (s *SGD) Step(grad func(i int) []float32, scale, clip float64) error {
	first := s.buf == nil
	if first && s.cfg.Momentum != 0 {
		s.buf = make([][]float32, len(s.params))
		for i, p := range s.params {
			s.buf[i] = make([]float32, len(p.Data))
		}
	}
	return s.engine.Do(func(b backend.Backend) {
		for i, p := range s.params {
			lr, decay := s.rates(p)
			u := backend.SGDStep{
				LR: float32(lr * scale), Decay: float32(decay), Clip: float32(clip),
				Momentum: float32(s.cfg.Momentum), Keep: float32(s.cfg.Momentum), Nesterov: s.cfg.Nesterov,
			}
			if first {
				u.Keep = 0
			}
			var buf []float32
			if s.buf != nil {
				buf = s.buf[i]
			}
			b.SGD(p.Data, grad(i), buf, u)
		}
	})
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
