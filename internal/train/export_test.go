package train

import (
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

// Mix is CutMix's drawing and mixing of a batch on the stream of a step.
func Mix(c CutMix, x []float32, n, size int, seed uint64, epoch, step int) (Mixed, bool) {
	m, ok := c.draw(n, size, stream(forMixing, seed, epoch, step))
	if ok {
		m.apply(x, size)
	}
	return m, ok
}

// Average is the running average of parameters: update takes in their values after a number of
// steps, and values are the average's.
func Average(
	cfg EMA, e *engine.Engine, params []*model.Param,
) (update func(steps int) error, values [][]float32) {
	a := &average{EMA: cfg, engine: e, params: params, values: likeParams(params)}
	for i, p := range params {
		copy(a.values[i], p.Data)
	}
	return a.update, a.values
}
