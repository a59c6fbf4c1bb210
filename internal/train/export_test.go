package train

import (
	"acol/internal/data/loader"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/model"
)

// ClipFactor is clipFactor, for tests.
func ClipFactor(n int, grad func(i int) []float32, limit float64) float64 {
	return clipFactor(n, grad, 1, limit)
}

// Hide is HideAndSeek.hide on the stream of an image.
func Hide(h HideAndSeek, x []float32, size int, seed uint64, epoch, index int) {
	h.hide(x, size, stream(forHiding, seed, epoch, index))
}

// Mixed is a mixed batch.
type Mixed = mixed

// Mix mixes a batch as a recipe says, on the streams of a step.
func Mix(c Config, x []float32, n, size, epoch, step int) (Mixed, bool) {
	return MixInputs(c, pixels.Inputs{X: x, Size: size}, n, epoch, step)
}

// MixInputs is Mix of a batch of any form.
func MixInputs(c Config, in pixels.Inputs, n, epoch, step int) (Mixed, bool) {
	m, ok := c.drawMix(n, in.Size, epoch, step)
	if ok {
		m.apply(in, wholeBatch(n))
	}
	return m, ok
}

// wholeBatch is a batch of n images that no other process has a part of.
func wholeBatch(n int) *loader.Batch {
	return &loader.Batch{Images: loader.Images{Labels: make([]int, n)}, N: n, Whole: n}
}

// Beta draws from the beta distribution.
var Beta = beta

// Blend is what MixUp does to a batch of n images that keep a share of themselves.
func Blend(x []float32, n int, kept float64) []int {
	m, _ := MixUp{Probability: 1, Alpha: 1}.draw(n, stream(forMixing, 1, 0, 0))
	m.Kept = kept
	m.apply(pixels.Inputs{X: x, Size: 2}, wholeBatch(n))
	return m.Of
}

// AverageOf is the running average of parameters: update takes in their values after a number of
// steps, and values are the average's.
func AverageOf(
	cfg EMA, e *engine.Engine, params []*model.Param,
) (update func(steps int) error, values [][]float32) {
	a := &Average{EMA: cfg, engine: e, params: params, values: likeParams(params)}
	for i, p := range params {
		copy(a.values[i], p.Data)
	}
	return a.Update, a.values
}

// Skips is skips.
func Skips(seed uint64, epoch, index int, rates []float64) []bool {
	return skips(seed, epoch, index, rates)
}

// NewCompiledStepper is NewStepper with an update that is a part of the step, on any engine.
func NewCompiledStepper(
	cfg Config, e *engine.Engine, m *model.Model, in model.Input,
) (*Stepper, error) {
	s := &Stepper{model: m, compiled: true}
	return s, s.compile(cfg, e, in)
}

// Kept is what a training keeps beside the parameters, by name, and the number of steps.
func Kept(s *Stepper) map[string][]float32 {
	k := s.opt.kept()
	all := map[string][]float32{"steps": {float32(k.steps)}}
	for i, tensors := range k.tensors {
		for j, p := range k.params {
			all[k.names[i]+" of "+p.Name] = tensors[j]
		}
	}
	if s.average != nil {
		for i, p := range s.average.params {
			all["average of "+p.Name] = s.average.values[i]
		}
	}
	return all
}
