package model_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"acol/internal/cam"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/kernel/kerneltest"
	"acol/internal/model"
)

// layerMapsGolden is a case of testdata/layermaps.json; generate_maps.py documents the format.
type layerMapsGolden struct {
	Network, Layer, Input string
	Width                 float64
	Own                   int
	Shape, Classes        []int
	Logits                [][]float64
	Maps                  map[model.MapMethod][][][]float64
	Apart, Float32        map[model.MapMethod]float64
}

// tolMap is that of maps, relative to their largest value before it is scaled to 1. Gradients pass
// through ReLUs whose inputs may lie near 0, and the denominators of Grad-CAM++ may lie near 0
// where a layer has negative values: there PyTorch's own float32 is off too, and a few times as
// much is allowed.
const (
	tolMap     = 2e-4
	tolRounded = 5
)

// model is a classifier of torchvision's, with the goldens' weights.
func (g *layerMapsGolden) model(t *testing.T) *model.Model {
	t.Helper()
	c, err := model.FindClassifier(g.Network)
	if err != nil {
		t.Fatal(err)
	}
	c.Config.Backbone.OutputStride = 0
	if g.Width > 0 {
		c.Config.Backbone.Width, c.Config.Branches.HeadWidth = g.Width, g.Own
	}
	m, err := model.New(c.Config, len(g.Logits[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params() {
		derive(p.Name, p.Shape, p.Data)
	}
	return m
}

func TestMapsOfALayerEqualTheLibraries(t *testing.T) {
	raw, err := os.ReadFile("testdata/layermaps.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []layerMapsGolden
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Network+" "+c.Layer, func(t *testing.T) {
			t.Parallel()
			kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
				o.Direct, o.Threads = true, 1
				m := c.model(t)
				e := enginetest.Open(t, o)
				n, h, w := c.Shape[0], c.Shape[2], c.Shape[3]
				x := make([]float32, n*3*h*w)
				derive(c.Input, c.Shape, x)
				for method, want := range c.Maps {
					source := model.MapSource{Method: method, Layer: c.Layer}
					maps, err := m.NewMapMaker(e, source,
						model.Input{Batch: n + 1, Height: h, Width: w}) // one place stays empty
					if err != nil {
						t.Fatal(err)
					}
					if err := maps.Images(x, n); err != nil {
						t.Fatal(err)
					}
					c.checkMaps(t, method, maps, want)
				}
			})
		})
	}
}

// checkMaps compares the maps and logits of a method. Asked twice, the answer is the same.
func (g *layerMapsGolden) checkMaps(
	t *testing.T, method model.MapMethod, maps model.MapMaker, want [][][]float64,
) {
	t.Helper()
	logits, err := maps.Classify()
	if err != nil {
		t.Fatal(err)
	}
	got, err := maps.Localize(g.Classes)
	if err != nil {
		t.Fatal(err)
	}
	again, err := maps.Localize(g.Classes)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range got {
		near(t, "logits", toFloat64(p.Logits[0]), g.Logits[i], tolForward)
		if !slices.Equal(p.Logits[0], logits[i]) && method == model.ScoreCAM {
			t.Errorf("image %d: Classify gives other logits", i)
		}
		if len(p.Maps) != 1 || !slices.Equal(p.Maps[0].V, p.Fused.V) {
			t.Errorf("image %d: %d maps, want the fused one alone", i, len(p.Maps))
		}
		if !slices.Equal(again[i].Fused.V, p.Fused.V) {
			t.Errorf("%s: image %d has another map the second time", method, i)
		}
		rows := cam.New(len(want[i]), len(want[i][0]))
		rows.V = slices.Concat(want[i]...)
		top, tol := rows.Max(), max(tolMap, tolRounded*g.Float32[method])
		low := slices.Min(rows.V)
		cam.Normalize(rows)
		near(t, string(method), p.Fused.V, rows.V, tol*top/(top-low))
	}
}

func toFloat64(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}
