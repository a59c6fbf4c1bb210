package onnx

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/weights"
)

// tiny is a model with an untrained but lively network: its batch norms' statistics are not 0 and
// 1.
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
		c.Branches.Kinds, c.Branches.Compare, c.Branches.Fusion, c.Branches.Deltas = "pn", "gt", "all", []float64{0.5}
	}, 64},
	"squeezenet-ppp-conv": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth = "squeezenet", "1.1"
		c.Branches.Kinds, c.Branches.Deltas, c.Branches.Head, c.Branches.HeadWidth = "ppp", []float64{0.6, 0.7}, "conv", 8
	}, 50},
	"vgg11bn-acol-avgpool": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Variant, c.Backbone.Width = "vgg", "11_bn", "acol", 0.0625
		c.Branches.AvgPool = true
	}, 40},
	"resnext50": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Width = "resnext", "50_32x4d", 0.25
	}, 40},
	"googlenet": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Width, c.Backbone.OutputStride = "googlenet", "v1", 0.125, 16
	}, 48},
	"googlenet-bvlc": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Variant, c.Backbone.Width = "googlenet", "v1", "bvlc", 0.125
	}, 64},
	"inception-wsol-conv": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Variant, c.Backbone.Width = "inception", "v3", "wsol", 0.0625
		c.Branches.Head, c.Branches.HeadWidth = "conv", 8
	}, 96},
	"mobilenet": {func(c *model.Config) { c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Width = "mobilenet", "v2", 0.25 }, 64},
	"efficientnet": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Width = "efficientnet", "b0", 0.25
	}, 64},
	"convnext-pp": {func(c *model.Config) {
		c.Backbone.Arch, c.Backbone.Depth, c.Backbone.Width, c.Backbone.OutputStride = "convnext", "tiny", 0.0625, 16
	}, 64},
	"resnet18-p": {func(c *model.Config) {
		c.Backbone.Width, c.Branches.Kinds, c.Branches.Deltas = 0.0625, "p", []float64{}
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
func predict(t *testing.T, m *model.Model, x []float32, n, size int, labels []int) map[string]array {
	t.Helper()
	e := enginetest.Open(t, enginetest.Portable)
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
	out := map[string]array{}
	add := func(name string, shape []int, v []float32) {
		old := out[name]
		out[name] = array{append([]int{n}, shape...), append(old.data, v...)}
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

// TestWriteForONNXRuntime writes the cases, their inputs and what acol computes to the folder
// ACOL_ONNX_OUT, for testdata/check.py to run them in ONNX Runtime.
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
				if err := Write(&b, m, Options{Size: c.size, Batch: batch, Label: label, Producer: "test", Metadata: map[string]string{"b": "2", "a": "é"}}); err != nil {
					t.Fatal(err)
				}
				x := images(n, c.size)
				d := weights.NewStateDict()
				set := func(name string, v array) {
					if x, err := weights.FromFloat32s(v.shape, v.data); err != nil {
						t.Fatal(err)
					} else {
						d.Set(name, x)
					}
				}
				set("image", array{[]int{n, 3, c.size, c.size}, x})
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

// export writes a model and reads the file back.
func export(t *testing.T, m *model.Model, o Options) *parsed {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m, o); err != nil {
		t.Fatal(err)
	}
	return parse(t, b.Bytes())
}

// tolerance is of float32 sums in another order, relative to an output's largest value or 1.
const tolerance = 1e-4

func assertClose(t *testing.T, name string, got, want array) {
	t.Helper()
	if !slices.Equal(got.shape, want.shape) || len(got.data) != len(want.data) {
		t.Errorf("%s: shape %v of %d values, want %v of %d", name, got.shape, len(got.data), want.shape, len(want.data))
		return
	}
	largest := 1.0
	for _, v := range want.data {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i, v := range got.data {
		if !(math.Abs(float64(v-want.data[i])) <= tolerance*largest) && !(v != v && want.data[i] != want.data[i]) {
			t.Errorf("%s[%d]: %g, want %g", name, i, v, want.data[i])
			return
		}
	}
}

func TestTheFileComputesWhatAcolDoes(t *testing.T) {
	for name, c := range cases {
		for _, label := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/label=%v", name, label), func(t *testing.T) {
				m := tiny(t, c.set)
				p := export(t, m, Options{Size: c.size, Label: label})
				const n = 2
				in := map[string]array{"image": {[]int{n, 3, c.size, c.size}, images(n, c.size)}}
				var labels []int
				if label {
					labels = []int{4, 0}
					in["label"] = array{[]int{n}, []float32{4, 0}}
				}
				got := p.run(t, in)
				for out, want := range predict(t, m, in["image"].data, n, c.size, labels) {
					assertClose(t, out, got[out], want)
				}
			})
		}
	}
}

func TestEveryNetworkHasItsCounterpart(t *testing.T) {
	for _, name := range model.Networks() {
		parts := append(strings.Fields(name), "")
		cfg := model.DefaultConfig()
		cfg.Backbone.Arch, cfg.Backbone.Depth, cfg.Backbone.Variant, cfg.Backbone.Width = model.Arch(parts[0]), parts[1], parts[2], 0.0625
		m, err := model.New(cfg, 2)
		if err != nil { // of one width only
			cfg.Backbone.Width = 1
			m, err = model.New(cfg, 2)
		}
		if err == nil {
			err = Write(io.Discard, m, Options{Size: 96})
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheFileSaysWhatGoesInAndOut(t *testing.T) {
	c := cases["resnet50-pn-gt-all"]
	m := tiny(t, c.set)
	p := export(t, m, Options{Size: c.size, Label: true, Metadata: map[string]string{"mean": "0.5,0.4,0.3", "classes": `["é"]`}})
	if p.ir != irVersion || p.opset != opset || p.metadata["mean"] != "0.5,0.4,0.3" || p.metadata["classes"] != `["é"]` {
		t.Errorf("IR version %d, opset %d, metadata %v", p.ir, p.opset, p.metadata)
	}
	want := map[string]string{"image": "[batch 03 64 64]", "label": "[batch]", "logits_1": "[batch 05]", "logits_2": "[batch 05]",
		"map_1": "[batch 02 02]", "map_2": "[batch 02 02]", "fused_map": "[batch 02 02]", "class": "[batch]"}
	got := map[string]string{}
	for _, list := range []map[string][]string{p.inputs, p.outputs} {
		for name, dims := range list {
			got[name] = fmt.Sprint(dims)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	fixed := export(t, m, Options{Size: c.size, Batch: 7})
	if fixed.inputs["image"][0] != "07" || fixed.outputs["fused_map"][0] != "07" || fixed.inputs["label"] != nil {
		t.Errorf("inputs %v, outputs %v", fixed.inputs, fixed.outputs)
	}
	for _, param := range m.Params() {
		name := strings.NewReplacer(".running_mean", ".running"+statsMean, ".running_var", ".running"+statsVar).Replace(param.Name)
		if a, ok := p.inits[name]; !ok || !slices.Equal(a.shape, param.Shape) || !slices.Equal(a.data, param.Data) {
			t.Errorf("%s is not in the file as it is", param.Name)
		}
	}
}

func TestMessagesOverProtobufsLimitAreRefused(t *testing.T) {
	m := &message{size: maxMessage + 1}
	if _, err := m.WriteTo(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "protobuf's limit is 2147483647") {
		t.Errorf("error %v", err)
	}
}
