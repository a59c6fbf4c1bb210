package model_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"acol/internal/cam"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel"
	"acol/internal/model"
)

// One branch after another, erased outside of the graph, gives to the bit what the
// predictor's graph gives, whatever the recipe.
func TestBranchByBranchEqualsThePredictor(t *testing.T) {
	e := enginetest.Open(t, enginetest.OneThread)
	rng := rand.New(rand.NewPCG(1, 1))
	images := make([]float32, 3*3*64*64)
	for i := range images {
		images[i] = float32(rng.NormFloat64())
	}
	for _, c := range []struct {
		kinds   string
		head    model.Head
		compare kernel.Compare
		fusion  model.Fusion
		deltas  []float64
	}{
		{"p", "linear", "ge", "positive", nil},
		{"pp", "conv", "ge", "positive", []float64{0.6}},
		{"pn", "linear", "gt", "all", []float64{0}},
		{"ppp", "linear", "gt", "positive", []float64{0.8, 0.5}},
		{"pp", "linear", "ge", "positive", []float64{1}},
	} {
		m := small(t, func(cfg *model.Config) {
			b := &cfg.Branches
			b.Kinds, b.Head, b.HeadWidth, b.Compare, b.Fusion, b.Deltas = c.kinds, c.head, 8, c.compare, c.fusion, c.deltas
			cfg.Backbone.OutputStride = 8
		})
		p, err := m.NewPredictor(e, 4, 64, 64)
		if err != nil {
			t.Fatal(err)
		}
		r, err := p.NewBranchwise(e)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Images(images, 3); err != nil {
			t.Fatal(err)
		}
		classes := []int{0, 3, 1}
		want, err := p.Localize(classes)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]model.Prediction, 3)
		var erased [][]bool
		for i := range c.kinds {
			logits, maps, err := r.Run(i, erased, classes)
			if err != nil {
				t.Fatal(err)
			}
			for n := range got {
				got[n].Logits = append(got[n].Logits, logits[n])
				got[n].Maps = append(got[n].Maps, maps[n])
			}
			if i < len(c.deltas) {
				erased = r.Erase(erased, maps, c.deltas[i], c.compare)
			}
		}
		for n := range got {
			if got[n].Fused, err = r.Fuse(got[n].Maps, c.fusion); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v: branch by branch differs", c)
		}
		if _, _, err := r.Run(0, nil, []int{9, 0, 0}); err == nil {
			t.Error("no error for class 9 of 4")
		}
		if len(erased) == 0 {
			continue
		}
		if _, _, err := r.Run(1, erased[1:], classes); err == nil {
			t.Error("no error for what is erased of two images")
		}
	}
	if got := fmt.Sprint(cam.Erased(cam.Map{H: 1, W: 2, V: []float64{0.5, 0.4}}, 0.5, kernel.GreaterEqual.Over)); got != "[true false]" {
		t.Errorf("erased at 0.5 with ge: %s", got)
	}
}
