package train

import (
	"math"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/model"
)

// AdamW updates parameters as torch.optim.AdamW does. Each step takes weight decay times learning
// rate off the parameters, and moves them by the running average of the gradient, divided by the
// root of that of its square. Both averages start at zero and are corrected for that.
type AdamW struct {
	cfg    Optimization
	engine *engine.Engine
	rates  []rate
	keep   kept
}

// NewAdamW returns an AdamW of params that computes on the engine's kernels.
func NewAdamW(cfg Optimization, e *engine.Engine, params []*model.Param) *AdamW {
	return &AdamW{cfg: cfg, engine: e, rates: cfg.rates(params), keep: newKept(cfg, params)}
}

// Step implements Optimizer.
func (a *AdamW) Step(grad func(i int) []float32, scale, factor float64) error {
	a.keep.begin()
	t := float64(a.keep.steps)
	beta1, beta2 := a.cfg.Betas[0], a.cfg.Betas[1]
	means, squares := a.keep.tensors[0], a.keep.tensors[1]
	return a.engine.Do(func(b backend.Backend) {
		for i, p := range a.keep.params {
			lr := a.rates[i].lr * scale
			b.AdamW(p.Data, grad(i), means[i], squares[i], backend.AdamWStep{
				Clip: float32(factor), Keep: float32(1 - lr*a.rates[i].decay),
				Take1: float32(1 - beta1), Beta2: float32(beta2), Take2: float32(1 - beta2),
				Rate: float32(lr / (1 - math.Pow(beta1, t))),
				Root: float32(1 / math.Sqrt(1-math.Pow(beta2, t))), Eps: float32(a.cfg.Eps),
			})
		}
	})
}

func (a *AdamW) kept() *kept { return &a.keep }
