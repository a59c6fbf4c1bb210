package model

import (
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
)

// targetsOf makes the targets of two images and three classes.
func targetsOf(t *testing.T, change func(*Config), batch []Target) *targets {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Branches.Kinds = "pn"
	change(&cfg)
	b := &builder{g: G.NewGraph(), cfg: cfg}
	s := b.targets(2, 3)
	if err := s.check(batch); err != nil {
		t.Fatal(err)
	}
	s.set(batch)
	return s
}

func TestTargetsHoldTheWholeSoftmaxLoss(t *testing.T) {
	none := func(*Config) {}
	for _, c := range []struct {
		name                  string
		change                func(*Config)
		batch                 []Target
		positive, adversarial []float64
	}{
		{
			"one label", none, Labelled(2, 0),
			[]float64{0, 0, .5, .5, 0, 0}, []float64{.25, .25, 0, 0, .25, .25},
		},
		{
			"shares of two labels", none,
			[]Target{
				{Labels: []int{2, 1}, Shares: []float64{.75, .25}},
				{Labels: []int{0, 0}, Shares: []float64{.75, .25}},
			},
			[]float64{0, .125, .375, .5, 0, 0}, []float64{.25, .1875, .0625, 0, .25, .25},
		},
		{
			"smoothing", func(c *Config) { c.Loss.Smoothing = .3 }, Labelled(2, 0),
			[]float64{.05, .05, .4, .4, .05, .05}, []float64{.25, .25, 0, 0, .25, .25},
		},
		{
			"class weights", func(c *Config) { c.Loss.ClassWeights = []float64{3, 9, 1} }, Labelled(2, 0),
			[]float64{0, 0, .25, .75, 0, 0}, []float64{.25, .25, 0, 0, .25, .25},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := targetsOf(t, c.change, c.batch)
			s.set(c.batch) // nothing stays of a batch before
			for name, m := range map[string]struct {
				got  []float32
				want []float64
			}{"p": {s.positive.of, c.positive}, "n": {s.adversarial.of, c.adversarial}} {
				for i, v := range m.want {
					if math.Abs(float64(m.got[i])-v) > 1e-7 {
						t.Errorf("targets of %s are %v, want %v", name, m.got, m.want)
						break
					}
				}
			}
		})
	}
}

func TestOnlyTheTargetsOfItsBranchesAreInAStep(t *testing.T) {
	for kinds, want := range map[string][2]bool{
		"p": {true, false}, "pp": {true, false}, "pn": {true, true}, "n": {false, true},
	} {
		s := targetsOf(t, func(c *Config) { c.Branches.Kinds = kinds }, Labelled(0, 1))
		if got := [2]bool{s.positive != nil, s.adversarial != nil}; got != want {
			t.Errorf("kinds %s: targets of p and n %v, want %v", kinds, got, want)
		}
	}
}

func TestTargetsWithoutAClassOrALabelAreErrors(t *testing.T) {
	for _, c := range []struct {
		loss  LossName
		batch []Target
		want  string
	}{
		{SoftmaxLoss, Labelled(0), "setting the targets of 1 images in a batch of 2"},
		{SoftmaxLoss, Labelled(0, 3), "image 1 of the batch has label 3, want 0 to 2"},
		{SoftmaxLoss, Labelled(-1, 0), "image 0 of the batch has label -1, want 0 to 2"},
		{SigmoidLoss, []Target{{}, {Labels: []int{0, 3}}},
			"image 1 of the batch has label 3, want 0 to 2"},
		{SoftmaxLoss, []Target{{}, {Labels: []int{0}}},
			"image 0 of the batch has 0 labels, and the softmax loss learns one"},
	} {
		cfg := DefaultConfig()
		cfg.Loss.Name = c.loss
		b := &builder{g: G.NewGraph(), cfg: cfg}
		if err := b.targets(2, 3).check(c.batch); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want one about %q", c.batch, err, c.want)
		}
	}
}
