package onnx_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/model"
	"acol/internal/onnx"
	"acol/internal/weights"
)

// tiny is a model with an untrained but lively network: its batch norms' statistics are not 0 and 1.
func tiny(t *testing.T, set func(*model.Config)) *model.Model {
	t.Helper()
	cfg := model.DefaultConfig()
	set(&cfg)
	m, err := model.New(cfg, 5)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(3)
	r := rand.New(rand.NewPCG(5, 6))
	for _, p := range m.Params() {
		for i := range p.Data {
			switch p.Kind {
			case model.RunningMean, model.Shift, model.Bias:
				p.Data[i] = float32(r.NormFloat64() * 0.1)
			case model.RunningVar, model.Scale:
				p.Data[i] = float32(0.5 + r.Float64())
			}
		}
	}
	return m
}

// cases are models that have every operation of an inference graph.
var cases = map[string]struct {
	set  func(*model.Config)
	size int
}{
	"resnet18-pp-ge": {func(c *model.Config) { c.Backbone.Width, c.Backbone.OutputStride = 0.0625, 8 }, 40},
	"resnet50-pn-gt-all": {func(c *model.Config) {
		c.Backbone.Depth, c.Backbone.Width = "50", 0.0625
		c.Branches.Recipe, c.Branches.Compare, c.Branches.Fusion, c.Branches.Deltas = "pn", "gt", "all", []float64{0.5}
	}, 64},
	"squeezenet-ppp-conv": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth = "squeezenet", "1.1"
		c.Branches.Recipe, c.Branches.Deltas, c.Branches.Head, c.Branches.HeadWidth = "ppp", []float64{0.6, 0.7}, "conv", 8
	}, 50},
	"vgg11bn-acol-avgpool": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Variant, c.Backbone.Width = "vgg", "11_bn", "acol", 0.0625
		c.Branches.AvgPool = true
	}, 40},
	"resnext50": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Width = "resnext", "50_32x4d", 0.25
	}, 40},
	"resnet18-p": {func(c *model.Config) {
		c.Backbone.Width, c.Branches.Recipe, c.Branches.Deltas = 0.0625, "p", []float64{}
	}, 33},
}

func images(n, size int) []float32 {
	r := rand.New(rand.NewPCG(7, 8))
	x := make([]float32, n*3*size*size)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// predict is what acol says of n images: by output name, its shape and values.
func predict(t *testing.T, m *model.Model, x []float32, n, size int, labels []int) map[string]value {
	t.Helper()
	e := engine.New(kernel.NewPortable(1))
	defer e.Close()
	p, err := m.NewPredictor(e, n, size, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Images(x, n); err != nil {
		t.Fatal(err)
	}
	if labels == nil {
		logits, err := p.Classify()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range logits {
			best := 0
			for k := range l {
				if l[k] > l[best] {
					best = k
				}
			}
			labels = append(labels, best)
		}
	}
	preds, err := p.Localize(labels)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]value{}
	add := func(name string, shape []int, v []float32) {
		old := out[name]
		out[name] = value{append([]int{n}, shape...), append(old.data, v...)}
	}
	h, w := p.MapSize()
	for i, q := range preds {
		for b := range q.Logits {
			add(fmt.Sprintf("logits_%d", b+1), []int{m.Classes()}, q.Logits[b])
			add(fmt.Sprintf("map_%d", b+1), []int{h, w}, single(q.Maps[b].V))
		}
		add("fused_map", []int{h, w}, single(q.Fused.V))
		add("class", nil, []float32{float32(labels[i])})
	}
	return out
}

func single(v []float64) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = float32(v[i])
	}
	return out
}

// TestWriteForONNXRuntime writes the cases, their inputs and what acol computes to the folder ACOL_ONNX_OUT, for testdata/check.py to run them
// in ONNX Runtime.
func TestWriteForONNXRuntime(t *testing.T) {
	dir := os.Getenv("ACOL_ONNX_OUT")
	if dir == "" {
		t.Skip("ACOL_ONNX_OUT names a folder for testdata/check.py")
	}
	for name, c := range cases {
		m := tiny(t, c.set)
		for _, label := range []bool{false, true} {
			for _, batch := range []int{0, 2} {
				n, labels := 2, []int(nil)
				if batch == 0 {
					n = 3
				}
				if label {
					labels = []int{4, 0, 2}[:n]
				}
				var b bytes.Buffer
				if err := onnx.Write(&b, m, onnx.Options{Size: c.size, Batch: batch, Label: label, Producer: "test", Metadata: map[string]string{"b": "2", "a": "é"}}); err != nil {
					t.Fatal(err)
				}
				x := images(n, c.size)
				d := weights.NewStateDict()
				set := func(name string, v value) {
					if x, err := weights.FromFloat32s(v.shape, v.data); err != nil {
						t.Fatal(err)
					} else {
						d.Set(name, x)
					}
				}
				set("image", value{[]int{n, 3, c.size, c.size}, x})
				for out, v := range predict(t, m, x, n, c.size, labels) {
					set(out, v)
				}
				path := filepath.Join(dir, fmt.Sprintf("%s-label%v-batch%d", name, label, batch))
				var sd bytes.Buffer
				if err := weights.WriteSafetensors(&sd, d); err != nil {
					t.Fatal(err)
				}
				for ext, b := range map[string][]byte{".onnx": b.Bytes(), ".safetensors": sd.Bytes()} {
					if err := os.WriteFile(path+ext, b, 0o666); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}

// value is a tensor.
type value struct {
	shape []int
	data  []float32
}
