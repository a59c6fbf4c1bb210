package train

import (
	"math"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/model"
	"acol/internal/mpi"
)

// gradient is what a step's gradient is: the mean of those of its batches, each of which is the sum
// of its parts on all ranks, clipped to a norm. A training asks nobody else for it.
type gradient struct {
	engine  *engine.Engine
	params  []*model.Param
	read    func(i int) []float32 // the gradient of parameter i in the batch that was computed last
	world   *mpi.World
	batches int     // of a step
	limit   float64 // of the norm; 0 is none
	// sum is that of the gradients of a step's batches so far, in the order of params. It is nil
	// where a step is of one batch of one rank, whose gradients are read where they are computed.
	sum [][]float32
	all []float32 // what sum consists of, end to end, for the ranks to exchange at once
}

func newGradient(
	cfg Config, e *engine.Engine, params []*model.Param, w *mpi.World,
) *gradient {
	g := &gradient{
		engine: e, params: params, world: w, batches: cfg.Accumulate, limit: cfg.ClipNorm,
	}
	if g.batches == 1 && w.Size() == 1 {
		return g
	}
	n := 0
	for _, p := range params {
		n += len(p.Data)
	}
	g.all = make([]float32, n)
	rest := g.all
	for _, p := range params {
		n := len(p.Data)
		g.sum, rest = append(g.sum, rest[:n:n]), rest[n:]
	}
	return g
}

// add takes in the gradients of the batch that was computed last.
func (g *gradient) add(t Turn) error {
	if g.sum == nil {
		return nil
	}
	err := g.engine.Do(func(b backend.Backend) {
		for i, sum := range g.sum {
			if t.First {
				copy(sum, g.read(i))
			} else {
				b.Blend(sum, g.read(i), 1, 1)
			}
		}
	})
	if err != nil || !t.Last {
		return err
	}
	return g.world.Sum(g.all)
}

// of is the gradient of parameter i without its factor.
func (g *gradient) of(i int) []float32 {
	if g.sum != nil {
		return g.sum[i]
	}
	return g.read(i)
}

// factor is what of has to be multiplied by: it makes a sum a mean, and clips.
func (g *gradient) factor() float64 {
	mean := 1 / float64(g.batches)
	return mean * clipFactor(len(g.params), g.of, mean, g.limit)
}

// compiled is a gradient within a compiled step: that of parameter i is mean times factor times
// of[i].
type compiled struct {
	of     []model.Value
	factor model.Value
	mean   float64
}

// compile makes the gradient a part of a step, and gives what sets its numbers before each batch.
func (g *gradient) compile(u *model.Update) (compiled, func(Turn)) {
	c := compiled{factor: u.One(), mean: 1 / float64(g.batches)}
	set := func(Turn) {}
	if g.sum != nil {
		keep, number := u.Number()
		set = func(t Turn) {
			*number = 1
			if t.First {
				*number = 0
			}
		}
		for i, p := range g.params {
			sum := u.Beside(p, "sum of the gradients", g.sum[i])
			by := u.Blend(sum, u.Gradient(i), keep, u.One(), 1, 1)
			u.Become(sum, by)
			c.of = append(c.of, by)
		}
	} else {
		for i := range g.params {
			c.of = append(c.of, u.Gradient(i))
		}
	}
	if g.limit > 0 {
		c.factor, c.mean = u.Clip(c.of, c.mean, g.limit), 1
	}
	return c, set
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
