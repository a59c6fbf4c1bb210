package model

import (
	"math"
	"testing"

	"acol/internal/cam"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
)

// alignedConfig is a network whose maps lie at receptive fields.
func alignedConfig(arch Arch, depth, variant string, stages int) Config {
	cfg := DefaultConfig()
	cfg.Backbone.Arch, cfg.Backbone.Depth, cfg.Backbone.Variant = arch, depth, variant
	cfg.Backbone.Stages = stages
	cfg.Branches.Align = Receptive
	return cfg
}

// The centres follow from windows, strides and paddings alone: 3x3 windows without padding begin
// one pixel of their own input inside, padded ones at its border, and 2x2 windows lie evenly.
func TestMapsLieAtTheCentresOfReceptiveFields(t *testing.T) {
	const side = 224
	for _, c := range []struct {
		cfg         Config
		layer       string
		first, step float64
	}{
		{alignedConfig("squeezenet", "1.1", "", 0), "", 15.5, 16},
		{alignedConfig("squeezenet", "1.1", "", 0), "features.4", 3.5, 4},
		{alignedConfig("squeezenet", "1.1", "", 0), "features.12", 15.5, 16},
		{alignedConfig("googlenet", "v1", "bvlc", 4), "", 14.5, 16},
		{alignedConfig("resnet", "18", "", 0), "", 0.5, 32},
		{alignedConfig("vgg", "11", "", 0), "", 16, 32},
		{alignedConfig("convnext", "tiny", "", 0), "", 16, 32},
	} {
		m, err := New(c.cfg, 2)
		if err != nil {
			t.Fatal(err)
		}
		g, err := m.mapGrid(c.layer, side, side)
		if err != nil {
			t.Fatal(err)
		}
		want := cam.Axis{First: c.first / side, Step: c.step / side}
		if math.Abs(g.X.First-want.First) > 1e-12 || g.X.Step != want.Step || g.X != g.Y {
			t.Errorf("%s %s: at %g every %g pixels, want %g and %g", c.cfg.Backbone.Arch, c.layer,
				g.X.First*side, g.X.Step*side, c.first, c.step)
		}
	}
}

func TestPredictionsSayWhereTheirMapsLie(t *testing.T) {
	const side = 64
	for _, align := range []Align{Stretch, Receptive} {
		cfg := alignedConfig("squeezenet", "1.1", "", 0)
		cfg.Branches.Align = align
		m, err := New(cfg, 2)
		if err != nil {
			t.Fatal(err)
		}
		m.Init(1)
		want, err := m.mapGrid("", side, side)
		if err != nil || (want == cam.Grid{}) != (align == Stretch) {
			t.Fatalf("%s: at %v, %v", align, want, err)
		}
		e := enginetest.Open(t, backend.Options{Kernels: "portable"})
		heads, err := m.NewPredictor(e, 1, side, side)
		if err != nil {
			t.Fatal(err)
		}
		layers, err := m.newLayerMaps(e, MapSource{Method: "layercam"},
			Input{Batch: 1, Height: side, Width: side})
		if err != nil {
			t.Fatal(err)
		}
		for _, maker := range []MapMaker{heads, layers} {
			if err := maker.Images(make([]float32, 3*side*side), 1); err != nil {
				t.Fatal(err)
			}
			p, err := maker.Localize([]int{1})
			if err != nil || p[0].Fused.At != want || p[0].Maps[0].At != want {
				t.Errorf("%s, %T: %v, want at %v, %v", align, maker, p[0].Fused.At, want, err)
			}
		}
	}
}
