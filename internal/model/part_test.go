package model_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
)

// tolPart is how far the sum of the parts' gradients may be from that of the whole batch, relative
// to its norm: float32 sums in another order, through twenty batch norms.
const tolPart = 2e-4

// wholeStep is what a step of a whole batch gives.
type wholeStep struct {
	losses  []float64
	grads   [][]float32
	running []float32
}

func TestPartsOfABatchSumUpToTheWhole(t *testing.T) {
	const images = 8
	cases := map[string]func(*model.Config){
		"synchronised": func(c *model.Config) { c.Branches.Kinds = "pn" },
		"frozen": func(c *model.Config) {
			c.Backbone.FreezeBN, c.Loss.Smoothing = true, 0.1
			c.Loss.ClassWeights = []float64{1, 3, 0.5, 2}
		},
		"SPG": func(c *model.Config) {
			c.Backbone.FreezeBN, c.Branches.Kinds, c.Branches.Deltas = true, "p", nil
			c.SPG.Use, c.SPG.Width = true, 8
		},
		"sigmoid": func(c *model.Config) { c.Backbone.FreezeBN, c.Loss.Name = true, model.SigmoidLoss },
		"attention dropout": func(c *model.Config) {
			c.Backbone.FreezeBN, c.Backbone.AttentionDropout.Use = true, true
		},
		"stochastic depth": func(c *model.Config) {
			c.Backbone.Arch, c.Backbone.Depth, c.Backbone.FreezeBN = "efficientnet", "b0", true
			c.Backbone.Width, c.Backbone.StochasticDepth = 0.125, 0.5
		},
	}
	for name, change := range cases {
		want := runParts(t, images, 1, 1, change)[0]
		for _, of := range [][2]int{{2, 1}, {3, 1}, {1, 2}, {1, 4}, {2, 2}} {
			ranks, devices := of[0], of[1]
			if ranks > 1 && devices > 1 && (name == "SPG" || name == "synchronised") {
				continue // refused
			}
			for r, got := range runParts(t, images, ranks, devices, change) {
				what := fmt.Sprintf("%s: rank %d of %d of %d devices", name, r, ranks, devices)
				near(t, what+": losses", got.losses, want.losses, 1e-5)
				for i, g := range got.grads {
					norm, off := 0.0, 0.0
					for k, v := range g {
						d := float64(v - want.grads[i][k])
						norm, off = norm+float64(v)*float64(v), off+d*d
					}
					if math.Sqrt(off) > tolPart*math.Sqrt(norm)+1e-7 {
						t.Errorf("%s: gradient %d is off by %g of %g", what, i, math.Sqrt(off), math.Sqrt(norm))
					}
				}
				near(t, what+": running statistics", floats(got.running), floats(want.running), 1e-5)
			}
		}
	}
}

// runParts runs a step on ranks, which share a batch out, each to devices, and sums their parts up.
func runParts(
	t *testing.T, images, ranks, devices int, change func(*model.Config),
) []wholeStep {
	t.Helper()
	models, engines := make([]*model.Model, ranks), make([]*engine.Engine, ranks)
	for r := range ranks {
		models[r], engines[r] = small(t, change), enginetest.Open(t, enginetest.OneThread)
		if devices > 1 {
			engines[r] = enginetest.Devices(t, devices)
		}
	}
	all := make([]wholeStep, ranks)
	mpitest.Run(t, ranks, func(w *mpi.World) (err error) {
		all[w.Rank()], err = runPart(w, models[w.Rank()], engines[w.Rank()], images)
		return err
	})
	return all
}

func runPart(
	w *mpi.World, m *model.Model, e *engine.Engine, images int,
) (out wholeStep, err error) {
	from, to := w.Part(images)
	part := &model.Part{Images: images, SyncNorm: true, Devices: e.Devices()}
	if w.Size() > 1 {
		e.Join(w.Sum)
		part.Sum = w.SumFloats
	}
	s, err := m.NewPartStep(e, model.Input{Batch: to - from, Height: 40, Width: 40}, part)
	if err != nil {
		return out, err
	}
	per := 3 * 40 * 40
	for i := range s.X {
		s.X[i] = float32(math.Sin(float64((from*per + i) * 7)))
	}
	for i := range s.Drops() {
		s.Drop(i, i%2 == 0)
	}
	for i := range s.Depths() {
		for image := range to - from {
			s.Skip(i, image, (i+from+image)%3 == 0)
		}
	}
	labels := []int{0, 2, 1, 1, 0, 3, 3, 2}[from:to]
	if err := s.SetTargets(model.Labelled(labels...)); err != nil {
		return out, err
	}
	if err := s.Run(); err != nil {
		return out, err
	}
	for i := range m.Config().LossNames() {
		out.losses = append(out.losses, float64(s.BranchLoss(i)))
	}
	if err := w.SumFloats(out.losses); err != nil {
		return out, err
	}
	for i := range s.Trained {
		g := slices.Clone(s.Grad(i))
		if err := w.Sum(g); err != nil {
			return out, err
		}
		out.grads = append(out.grads, g)
	}
	if err := s.JoinStatistics(w.Sum); err != nil {
		return out, err
	}
	s.UpdateRunning()
	for _, p := range m.Params() {
		if !p.Kind.Trained() {
			out.running = append(out.running, p.Data...)
		}
	}
	return out, nil
}
