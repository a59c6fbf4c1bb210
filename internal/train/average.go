package train

import (
	"fmt"
	"math"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/model"
)

// EMA is the train.ema section of a recipe: a running average of the weights over the steps, which
// is often better than the weights of any one step. It is timm's ModelEmaV3, running statistics of
// batch norm included. Where it is on, the average is what val measures and what last and best
// hold; the training itself goes on with the weights of the moment.
type EMA struct {
	// Decay is the share of the average that a step keeps, from 0 to below 1; 0 is off. An average
	// with 0.999 looks back over about 1,000 steps: keep 1/(1-Decay) well below the steps of the
	// training.
	Decay float64 `mapstructure:"decay"`
	// Warmup says whether the share begins low, so that the first weights are forgotten soon. It is
	// timm's: 1 - t^(-2/3) after step t, until that is Decay.
	Warmup bool `mapstructure:"warmup"`
}

func (e EMA) validate(bad func(key, msg string)) {
	if !(e.Decay >= 0 && e.Decay < 1) {
		bad("ema.decay", fmt.Sprintf("%g is not in 0 to below 1; 0 is off", e.Decay))
	}
}

// share is what the average keeps of itself after a number of steps, which counts from 1. The first
// step makes it the weights.
func (e EMA) share(steps int) float64 {
	switch {
	case steps <= 1:
		return 0
	case e.Warmup:
		return min(e.Decay, 1-math.Pow(float64(steps), -2./3))
	}
	return e.Decay
}

// Average is the running average of a model's weights; nil where there is none.
type Average struct {
	EMA
	engine *engine.Engine
	model  *model.Model
	params []*model.Param // those that training changes, running statistics too
	values [][]float32    // as the parameters
}

// NewAverage returns an average that starts as the weights of m; nil where the recipe has none. It
// computes on the engine's kernels.
func NewAverage(cfg EMA, e *engine.Engine, m *model.Model) *Average {
	if cfg.Decay == 0 {
		return nil
	}
	a := &Average{EMA: cfg, engine: e, model: m, params: changing(m.Params())}
	a.values = likeParams(a.params)
	for i, p := range a.params {
		copy(a.values[i], p.Data)
	}
	return a
}

// changing are the parameters and running statistics that a training changes.
func changing(params []*model.Param) []*model.Param {
	var list []*model.Param
	for _, p := range params {
		if !p.Frozen {
			list = append(list, p)
		}
	}
	return list
}

// Update takes in the weights after a number of steps, which counts from 1.
func (a *Average) Update(steps int) error {
	if a == nil {
		return nil
	}
	keep := a.share(steps)
	return a.engine.Do(func(b backend.Backend) {
		for i, p := range a.params {
			b.Blend(a.values[i], p.Data, float32(keep), float32(1-keep))
		}
	})
}

// compile makes the average a part of a compiled step, and gives what sets its numbers before each
// batch.
func (a *Average) compile(u *model.Update) func(Turn) {
	if a == nil {
		return func(Turn) {}
	}
	keep, keeps := u.Number()
	take, takes := u.Number()
	for i, p := range a.params {
		if now, ok := u.After(p); ok {
			average := u.Beside(p, "average", a.values[i])
			u.Become(average, u.Blend(average, now, keep, take, 1, 1))
		}
	}
	return func(t Turn) {
		*keeps, *takes = 1, 0
		if t.Last {
			share := a.share(t.Step)
			*keeps, *takes = float32(share), float32(1-share)
		}
	}
}

// swap exchanges the model's values and the average's.
func (a *Average) swap() {
	for i, p := range a.params {
		for j, v := range a.values[i] {
			a.values[i][j], p.Data[j] = p.Data[j], v
		}
	}
	a.model.Changed()
}

// within runs f while the model has the average's values.
func (a *Average) within(f func() error) error {
	if a == nil {
		return f()
	}
	a.swap()
	defer a.swap()
	return f()
}
