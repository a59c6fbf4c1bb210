package model_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
)

// The losses of images one by one have the mean that the training step computes of their batch.
func TestImageLossesAreThoseOfTheTrainingStep(t *testing.T) {
	for _, c := range []struct {
		kinds   string
		loss    model.LossName
		targets []model.Target
	}{
		{"pp", model.SoftmaxLoss, model.Labelled(1, 0)},
		{"pn", model.SoftmaxLoss, model.Labelled(2, 1)},
		{"p", model.SigmoidLoss, []model.Target{{Labels: []int{0, 2}}, {}}},
	} {
		cfg := model.DefaultConfig()
		cfg.Backbone.Width, cfg.Branches.Kinds, cfg.Loss.Name = 0.0625, c.kinds, c.loss
		cfg.Branches.Deltas = cfg.Branches.Deltas[:len(c.kinds)-1]
		const classes = 3
		m, err := model.New(cfg, classes)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(3)
		s, err := m.NewTrainStep(enginetest.Open(t, enginetest.OneThread), 2, 48, 48)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range s.X {
			s.X[i] = rng.Float32()*2 - 1
		}
		if err := s.SetTargets(c.targets); err != nil {
			t.Fatal(err)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		for branch := range c.kinds {
			sum := 0.0
			for i, target := range c.targets {
				logits := make([][]float32, len(c.kinds))
				for b := range logits {
					logits[b] = s.Logits(b)[i*classes:][:classes]
				}
				sum += m.ImageLosses(logits, target.Labels)[branch]
			}
			mean := sum / float64(len(c.targets))
			if want := float64(s.BranchLoss(branch)); math.Abs(mean-want) > 1e-5*math.Abs(want) {
				t.Errorf("%s %s, branch %d: loss %.7g, the step's %.7g", c.kinds, c.loss, branch+1, mean, want)
			}
		}
	}
}
