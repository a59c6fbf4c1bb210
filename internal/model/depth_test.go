package model_test

import (
	"math"
	"slices"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
)

// The rates are those of torchvision's StochasticDepth layers, in their order, at its own rate of
// the training; layers whose rate is 0, and EfficientNet's blocks without a residual, have none.
func TestDepthRatesAreTorchvisions(t *testing.T) {
	for _, c := range []struct {
		arch  model.Arch
		depth string
		rate  float64
		want  func(i int) float64
		n     int
	}{
		{"convnext", "tiny", 0.1, func(i int) float64 { return 0.1 * float64(i+1) / 17 }, 17},
		{"efficientnet", "b0", 0.2, func(i int) float64 {
			return 0.2 * []float64{2, 4, 6, 7, 9, 10, 12, 13, 14}[i] / 16
		}, 9},
	} {
		cfg := model.DefaultConfig()
		cfg.Backbone.Arch, cfg.Backbone.Depth = c.arch, c.depth // of full width, in which channels differ
		cfg.Backbone.StochasticDepth = c.rate
		m, err := model.New(cfg, 3)
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.NewTrainStep(enginetest.Open(t, enginetest.OneThread), 2, 64, 64)
		if err != nil {
			t.Fatal(err)
		}
		if s.Depths() != c.n {
			t.Fatalf("%s: %d layers, want %d", c.arch, s.Depths(), c.n)
		}
		for i := range c.n {
			if got := s.DepthRate(i); math.Abs(got-c.want(i)) > 1e-12 {
				t.Errorf("%s: layer %d has the rate %g, want %g", c.arch, i, got, c.want(i))
			}
		}
	}
}

func TestStochasticDepthIsForFamiliesThatAreTrainedWithIt(t *testing.T) {
	for _, c := range []struct {
		arch model.Arch
		rate float64
		want []string
	}{
		{"convnext", 0.4, nil}, {"efficientnet", 1, nil}, {"resnet", 0, nil},
		{"resnet", 0.1, []string{"backbone.stochastic_depth"}},
		{"convnext", 1.1, []string{"backbone.stochastic_depth"}},
		{"convnext", math.NaN(), []string{"backbone.stochastic_depth"}},
	} {
		cfg := model.DefaultConfig()
		cfg.Backbone.Arch, cfg.Backbone.StochasticDepth = c.arch, c.rate
		cfg.Backbone.Depth = map[model.Arch]string{"convnext": "tiny", "efficientnet": "b0", "resnet": "18"}[c.arch]
		var got []string
		cfg.Validate(func(key, _ string) { got = append(got, key) })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s at a rate of %g: wrong are %q, want %q", c.arch, c.rate, got, c.want)
		}
	}
}
