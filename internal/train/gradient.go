package train

import (
	"math"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/model"
	"acol/internal/mpi"
)

// Gradient is what a step's gradient is: the mean of those of its batches, each of which is the sum
// of its parts on all ranks, clipped to a norm. A training asks nobody else for it.
type Gradient struct {
	engine  *engine.Engine
	step    *model.TrainStep
	world   *mpi.World
	batches int     // of a step
	limit   float64 // of the norm; 0 is none
	seen    int     // batches of the present step
	// sum is that of the gradients of the batches seen, in the order of step.Trained. It is nil
	// where a step is of one batch of one rank, whose gradients are read where they are computed.
	sum [][]float32
	all []float32 // what sum consists of, end to end, for the ranks to exchange at once
}

// NewGradient returns the gradient of the steps of s, whose batches w's ranks share.
func NewGradient(
	cfg Config, e *engine.Engine, s *model.TrainStep, w *mpi.World,
) *Gradient {
	g := &Gradient{engine: e, step: s, world: w, batches: cfg.Accumulate, limit: cfg.ClipNorm}
	if g.batches == 1 && w.Size() == 1 {
		return g
	}
	n := 0
	for _, p := range s.Trained {
		n += len(p.Data)
	}
	g.all = make([]float32, n)
	rest := g.all
	for _, p := range s.Trained {
		n := len(p.Data)
		g.sum, rest = append(g.sum, rest[:n:n]), rest[n:]
	}
	return g
}

// Add takes in the gradients of the batch that was computed last, and reports whether it was the
// last batch of its step.
func (g *Gradient) Add() (whole bool, err error) {
	first := g.seen == 0
	g.seen++
	if g.sum != nil {
		err = g.engine.Do(func(b backend.Backend) {
			for i, sum := range g.sum {
				if first {
					copy(sum, g.step.Grad(i))
				} else {
					b.Blend(sum, g.step.Grad(i), 1, 1)
				}
			}
		})
	}
	if err != nil || g.seen < g.batches {
		return false, err
	}
	g.seen = 0
	return true, g.world.Sum(g.all)
}

// Of is the gradient of parameter i of step.Trained without its factor.
func (g *Gradient) Of(i int) []float32 {
	if g.sum != nil {
		return g.sum[i]
	}
	return g.step.Grad(i)
}

// Factor is what Of has to be multiplied by: it makes a sum a mean, and clips.
func (g *Gradient) Factor() float64 {
	mean := 1 / float64(g.batches)
	return mean * clipFactor(len(g.step.Trained), g.Of, mean, g.limit)
}

// clipFactor scales gradients, each grad(i) times mean, whose L2 norm over all parameters is above
// limit, as torch.nn.utils.clip_grad_norm_ does; 1 where limit is 0.
func clipFactor(n int, grad func(i int) []float32, mean, limit float64) float64 {
	if limit == 0 {
		return 1
	}
	sum := 0.0
	for i := range n {
		for _, x := range grad(i) {
			sum += float64(x) * float64(x)
		}
	}
	return min(1, limit/(mean*math.Sqrt(sum)+1e-6))
}
