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

func (a *AdamW) compile(u *model.Update, g compiled) func(Turn) {
	a.keep.make()
	scale, setScale := u.Number()
	fresh, setFresh := u.Number()
	root, setRoot := u.Number()
	keep1, setKeep1 := u.Number()
	take1, setTake1 := u.Number()
	keep2, setKeep2 := u.Number()
	take2, setTake2 := u.Number()
	for i, p := range a.keep.params {
		w, rate := u.Param(p), a.rates[i]
		grad := u.Blend(g.of[i], g.of[i], g.factor, u.One(), g.mean, 0)
		mean := u.Beside(p, "exp_avg", a.keep.tensors[0][i])
		square := u.Beside(p, "exp_avg_sq", a.keep.tensors[1][i])
		newMean := u.Blend(mean, grad, keep1, take1, 1, 1)
		newSquare := u.BlendSquare(square, grad, keep2, take2)
		u.Become(mean, newMean)
		u.Become(square, newSquare)
		u.Become(w, u.AdamMove(w, newMean, newSquare, scale, fresh, root,
			rate.lr, rate.decay, a.cfg.Eps))
	}
	beta1, beta2 := a.cfg.Betas[0], a.cfg.Betas[1]
	return func(t Turn) {
		*setScale, *setFresh, *setRoot = 0, 1, 1
		*setKeep1, *setTake1, *setKeep2, *setTake2 = 1, 0, 1, 0
		if t.Last {
			a.keep.steps++
			steps := float64(a.keep.steps)
			*setScale, *setFresh = float32(t.Scale), float32(1/(1-math.Pow(beta1, steps)))
			*setRoot = float32(1 / math.Sqrt(1-math.Pow(beta2, steps)))
			*setKeep1, *setTake1 = float32(beta1), float32(1-beta1)
			*setKeep2, *setTake2 = float32(beta2), float32(1-beta2)
		}
	}
}

func (a *AdamW) kept() *kept { return &a.keep }
