package model_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/native"
	"acol/internal/model"
	"acol/internal/train"
)

// The goldens are PyTorch in float64 on the same float32 weights; what remains
// is float32 rounding through the depth of the network, which batch norm over
// 2x3x3 values and the normalisation of maps multiply. PyTorch's own float32 is
// off by up to 7e-6, 1.2e-5 and 6e-5, as the goldens say.
const (
	tolForward  = 5e-5 // logits, maps, losses: relative to their largest value
	tolGradient = 2e-4 // relative to the gradient's norm
	tolStep     = 1e-3 // losses of ten steps, which multiply differences
	// Winograd's convolution rounds ten times more than a sum of products: some ReLU's input lies nearer to
	// zero than that, and every gradient behind it jumps.
	tolWinograd = 3e-2
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
	Loss         *struct {
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

// derive fills a tensor as generate.py does: splitmix64 seeded by the name.
func derive(name string, shape []int, out []float32) {
	h := fnv.New64a()
	h.Write([]byte(name))
	seed := h.Sum64()
	fan := 1
	for _, d := range shape[1:] {
		fan *= d
	}
	bound := float32(math.Sqrt(6 / float64(fan)))
	for i := range out {
		z := seed + uint64(i+1)*0x9E3779B97F4A7C15
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		z ^= z >> 31
		u := float32(z>>40) / (1 << 24)
		s := 2*u - 1
		switch {
		case strings.HasPrefix(name, "input"):
			out[i] = s * 2
		case strings.HasSuffix(name, ".running_var"):
			out[i] = 0.5 + u
		case strings.HasSuffix(name, ".running_mean"), strings.HasSuffix(name, ".bias"):
			out[i] = s * 0.25
		case strings.HasSuffix(name, ".bn3.weight"), strings.HasSuffix(name, ".layer_scale"):
			out[i] = float32(0.75+float32(u*0.5)) * 0.25
		case len(shape) > 1:
			out[i] = s * bound
		default:
			out[i] = 0.75 + float32(u*0.5)
		}
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
		cfg.Loss = model.Loss{Name: c.Loss.Name, Smoothing: c.Loss.Smoothing, ClassWeights: c.Loss.ClassWeights}
	}
	cfg.Backbone.AttentionDropout.Use = len(c.Drops) > 0
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

func TestModelsEqualPyTorch(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		o.Direct = true
		e := openEngine(t, o)
		eachGolden(t, func(t *testing.T, c golden) {
			c.checkEval(t, e)
			if s, m := c.checkTrain(t, e, tolGradient); c.Gradients != nil {
				c.checkSteps(t, e, m, s)
			}
		})
	})
}

func TestWinogradStaysNearPyTorch(t *testing.T) {
	if !native.Built {
		t.Skip("built without the native kernels (tag onednn)")
	}
	e := openEngine(t, backend.Options{Kernels: "native", Threads: 2})
	seen := map[string]bool{} // one case a network is enough: they differ in their heads
	eachGolden(t, func(t *testing.T, c golden) {
		if network := string(c.Arch) + c.Depth + c.Variant; !seen[network] {
			seen[network] = true
			c.checkEval(t, e)
			c.checkTrain(t, e, tolWinograd)
		}
	})
}

// eachGolden runs f on what PyTorch gave for every network; in short mode on one of each.
func eachGolden(t *testing.T, f func(t *testing.T, c golden)) {
	files, err := filepath.Glob("testdata/parity/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			if testing.Short() && !strings.Contains(file, "pp-linear-ge.json") {
				t.Skip("short: one case a network")
			}
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c golden
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatal(err)
			}
			f(t, c)
		})
	}
}

func (c golden) checkEval(t *testing.T, e *engine.Engine) {
	s := c.Input.Shape
	p, err := c.model(t).NewPredictor(e, s[0], s[2], s[3])
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, s[0]*s[1]*s[2]*s[3])
	derive(c.Input.Name, s, x)
	if err := p.Images(x, s[0]); err != nil {
		t.Fatal(err)
	}
	preds, err := p.Localize(c.Labels)
	if err != nil {
		t.Fatal(err)
	}
	for i, q := range preds {
		for b := range q.Logits {
			near(t, fmt.Sprintf("eval: logits of branch %d, image %d", b, i), floats(q.Logits[b]), c.Eval.Logits[b][i], tolForward)
			near(t, fmt.Sprintf("eval: map of branch %d, image %d", b, i), q.Maps[b].V, flat(c.Eval.Maps[b][i]), tolForward)
		}
		near(t, fmt.Sprintf("eval: fused map of image %d", i), q.Fused.V, flat(c.Eval.Fused[i]), tolForward)
	}
}

// checkTrain does a step; tol is of the gradients, relative to their norms.
func (c golden) checkTrain(t *testing.T, e *engine.Engine, tol float64) (*model.TrainStep, *model.Model) {
	t.Helper()
	m, sh := c.model(t), c.Input.Shape
	s, err := m.NewTrainStep(e, sh[0], sh[2], sh[3])
	if err != nil {
		t.Fatal(err)
	}
	derive(c.Input.Name, sh, s.X)
	batch := model.Labelled(c.Labels...)
	for i, set := range c.Sets {
		batch[i] = model.Target{Labels: set, Shares: c.Shares}
	}
	if err := s.SetTargets(batch); err != nil {
		t.Fatal(err)
	}
	if s.Drops() != len(c.Drops) {
		t.Fatalf("%d attention dropout layers, want %d", s.Drops(), len(c.Drops))
	}
	for i, d := range c.Drops {
		s.Drop(i, d == 1)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	for b := range c.Recipe {
		near(t, fmt.Sprintf("train: logits of branch %d", b), floats(s.Logits(b)), flat(c.Train.Logits[b]), tolForward)
		near(t, fmt.Sprintf("train: maps of branch %d", b), floats(s.Maps(b)), flat(flat(c.Train.Maps[b])), tolForward)
		near(t, fmt.Sprintf("train: loss of branch %d", b), []float64{float64(s.BranchLoss(b))}, c.Train.Losses[b:b+1], tolForward)
	}
	if c.Gradients == nil {
		return s, m
	}
	if len(c.Gradients) != len(s.Trained) {
		t.Fatalf("%d trained parameters, PyTorch has %d", len(s.Trained), len(c.Gradients))
	}
	for i, p := range s.Trained {
		nearSummary(t, "gradient of "+p.Name, s.Grad(i), c.Gradients[p.Name], tol)
	}
	return s, m
}

// checkSteps follows ten SGD steps, and the running statistics of the first.
func (c golden) checkSteps(t *testing.T, e *engine.Engine, m *model.Model, s *model.TrainStep) {
	s.UpdateRunning()
	for _, p := range m.Params() {
		if want, ok := c.Running[p.Name]; ok {
			nearSummary(t, p.Name, p.Data, want, tolGradient)
		}
	}
	opt := train.NewSGD(train.Optimizer{
		Momentum: c.SGD.Momentum, Nesterov: c.SGD.Nesterov, WeightDecay: c.SGD.Decay, BiasDecay: true,
		LRBackbone: c.SGD.LR, LRHeads: c.SGD.LR * c.SGD.HeadFactor, BiasFactor: c.SGD.BiasFactor,
	}, e, s.Trained)
	for i, want := range c.SGD.Losses {
		if i > 0 {
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
		}
		near(t, fmt.Sprintf("loss before step %d", i+1), []float64{float64(s.Loss())}, []float64{want}, tolStep)
		if err := opt.Step(s.Grad, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
}

// near compares values relative to the largest of those wanted, or one.
func near(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	scale := 1.0
	for _, w := range want {
		scale = max(scale, math.Abs(w))
	}
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= tol*scale) {
			t.Errorf("%s: element %d is %.7g, want %.7g within %.1g", what, i, got[i], w, tol*scale)
			return
		}
	}
}

// nearSummary compares a tensor with its norm, sum and eight elements.
func nearSummary(t *testing.T, what string, data []float32, want []float64, relative float64) {
	t.Helper()
	var norm, sum float64
	for _, v := range data {
		norm += float64(v) * float64(v)
		sum += float64(v)
	}
	norm = math.Sqrt(norm)
	n := len(data)
	got := []float64{norm, sum}
	for j := range min(n, 8) {
		at := j
		if n >= 8 {
			at = j * (n - 1) / 7
		}
		got = append(got, float64(data[at]))
	}
	if len(got) != len(want) {
		t.Errorf("%s: a summary of %d values, want %d", what, len(got), len(want))
		return
	}
	root := math.Sqrt(float64(n))
	floor := 1e-7 * root // of tensors that vanish, such as biases before a batch norm
	for i, w := range want {
		tol := relative*want[0] + floor
		if i == 1 {
			tol *= root // a sum of n errors
		}
		if !(math.Abs(got[i]-w) <= tol) {
			t.Errorf("%s: summary %d is %.7g, want %.7g within %.1g (norm %.4g)", what, i, got[i], w, tol, want[0])
			return
		}
	}
}

func floats(v []float32) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func flat[T any](rows [][]T) []T { return slices.Concat(rows...) }
