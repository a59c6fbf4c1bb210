package model_test

import (
	"encoding/json"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/model"
)

// golden is a case of testdata/parity; generate.py documents the format.
type golden struct {
	Arch                   model.Arch
	Depth, Variant, Recipe string
	Head                   model.Head
	Compare                kernel.Compare

	Width        float64
	OutputStride int  `json:"output_stride"`
	AvgPool      bool `json:"avg_pool"`
	Sets         [][]int
	Shares       []float64
	Drops        []int
	SPG          *struct{ High, Low, Losses []float64 }
	Depths       struct {
		Rate float64
		Kept [][]int // layer, image
	}
	Loss *struct {
		Name         model.LossName
		Smoothing    float64
		ClassWeights []float64 `json:"class_weights"`
	}
	HeadWidth int  `json:"head_width"`
	FreezeBN  bool `json:"freeze_bn"`
	Classes   int
	Labels    []int
	Deltas    []float64
	Input     struct {
		Name  string
		Shape []int
	}
	Eval, Train forward
	Gradients   map[string][]float64
	Running     map[string][]float64
	SGD         *struct {
		LR, Momentum, Decay float64
		Nesterov            bool
		HeadFactor          float64 `json:"head_factor"`
		BiasFactor          float64 `json:"bias_factor"`
		Losses              []float64
	}
}

type forward struct {
	Logits [][][]float64   // branch, image, class
	Maps   [][][][]float64 // branch, image, row, column
	Fused  [][][]float64   // image, row, column
	Losses []float64
}

// derive fills a tensor as generate.py does: splitmix64 seeded by the name. It makes millions of
// values, so that what their names say is decided once.
func derive(name string, shape []int, out []float32) {
	h := fnv.New64a()
	h.Write([]byte(name))
	seed := h.Sum64()
	fan := 1
	for _, d := range shape[1:] {
		fan *= d
	}
	// Every value is a*u + b, u in [0,1), times scale; the first product is exact.
	var a, b, scale float32 = 2, -1, float32(math.Sqrt(6 / float64(fan)))
	switch {
	case strings.HasPrefix(name, "input"):
		scale = 2
	case strings.HasSuffix(name, ".running_var"):
		a, b, scale = 1, 0.5, 1
	case strings.HasSuffix(name, ".running_mean"), strings.HasSuffix(name, ".bias"):
		scale = 0.25
	case strings.HasSuffix(name, ".bn3.weight"), strings.HasSuffix(name, ".layer_scale"):
		a, b, scale = 0.5, 0.75, 0.25
	case len(shape) == 1:
		a, b, scale = 0.5, 0.75, 1
	}
	for i := range out {
		seed += 0x9E3779B97F4A7C15
		z := (seed ^ seed>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		out[i] = float32(a*(float32(z>>40)/(1<<24))+b) * scale
	}
}

func TestDerivedTensorsAreThoseOfTheGoldens(t *testing.T) {
	raw, err := os.ReadFile("testdata/derive.json")
	if err != nil {
		t.Fatal(err)
	}
	var tensors map[string]struct {
		Shape   []int
		Summary []float64
	}
	if err := json.Unmarshal(raw, &tensors); err != nil {
		t.Fatal(err)
	}
	for name, want := range tensors {
		n := 1
		for _, d := range want.Shape {
			n *= d
		}
		x := make([]float32, n)
		derive(name, want.Shape, x)
		nearSummary(t, name, x, want.Summary, 1e-8) // which has nine digits
	}
}

func (c golden) model(t *testing.T) *model.Model {
	t.Helper()
	cfg := model.DefaultConfig()
	cfg.Backbone.Arch, cfg.Backbone.Depth, cfg.Backbone.Variant = c.Arch, c.Depth, c.Variant
	cfg.Backbone.OutputStride, cfg.Backbone.FreezeBN = c.OutputStride, c.FreezeBN
	cfg.Branches.Kinds, cfg.Branches.Deltas = c.Recipe, c.Deltas
	cfg.Branches.Head, cfg.Branches.Compare, cfg.Branches.AvgPool = c.Head, c.Compare, c.AvgPool
	if c.Loss != nil {
		cfg.Loss = model.Loss{
			Name: c.Loss.Name, Smoothing: c.Loss.Smoothing, ClassWeights: c.Loss.ClassWeights,
		}
	}
	cfg.Backbone.AttentionDropout.Use = len(c.Drops) > 0
	if c.SPG != nil {
		cfg.SPG = model.SPG{Use: true, High: c.SPG.High, Low: c.SPG.Low}
	}
	cfg.Backbone.StochasticDepth = c.Depths.Rate
	if c.Width > 0 {
		cfg.Backbone.Width = c.Width
	}
	if c.HeadWidth > 0 {
		cfg.Branches.HeadWidth = c.HeadWidth
	}
	m, err := model.New(cfg, c.Classes)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Params() {
		derive(p.Name, p.Shape, p.Data)
	}
	return m
}

// eachGolden runs f on every case of a folder in testdata.
func eachGolden(t *testing.T, folder string, f func(t *testing.T, c golden)) {
	t.Helper()
	files, err := filepath.Glob("testdata/" + folder + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		runGolden(t, folder, strings.TrimSuffix(filepath.Base(file), ".json"), f)
	}
}

// runGolden runs f on one case; in short mode on one of each network.
func runGolden(t *testing.T, folder, name string, f func(t *testing.T, c golden)) {
	t.Run(name, func(t *testing.T) {
		if testing.Short() && !strings.HasSuffix(name, "pp-linear-ge") {
			t.Skip("short: one case a network")
		}
		f(t, readGolden(t, folder, name))
	})
}

func readGolden(t *testing.T, folder, name string) (c golden) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", folder, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}
