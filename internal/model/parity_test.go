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

// derive fills a tensor as generate.py does: splitmix64 seeded by the name. It makes millions of values, so that what
// their names say is decided once.
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
	eachGolden(t, func(t *testing.T, c golden) {
		t.Parallel()
		kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
			o.Direct = true
			o.Threads = 1 // two cases at a time get more out of two cores than two threads on small tensors
			e, m := openEngine(t, o), c.model(t)
			c.checkEval(t, e, m)
			if s := c.checkTrain(t, e, m, tolGradient); c.Gradients != nil {
				c.checkSteps(t, e, m, s)
			}
		})
	})
}

// winograd lists a case of each network in which oneDNN finds convolutions for Winograd's algorithm: 3x3 ones on maps
// that are large enough.
var winograd = []string{
	"googlenetv1-bvlc-w0.25-pn-conv-gt", "googlenetv1-w0.25-pp-linear-ge-frozenbn", "inceptionv3-wsol-os16-p-linear-rect",
	"resnet18-pp-linear-ge", "resnet18-w0.25-pp-linear-ge-rect", "resnet50-w0.25-p-linear", "squeezenet1.0-pp-linear-ge",
	"squeezenet1.1-pp-linear-ge", "vgg11_bn-w0.25-pp-linear-ge", "vgg13-w0.25-os8-p-linear", "vgg16-acol-w0.25-pp-conv-ge-rect",
	"vgg16-w0.25-pn-linear-gt", "vgg19_bn-w0.25-os16-p-linear", "wide_resnet50_2-w0.25-p-linear-frozenbn",
}

func TestWinogradStaysNearPyTorch(t *testing.T) {
	if !native.Built {
		t.Skip("built without the native kernels (tag onednn)")
	}
	for _, name := range winograd {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := readGolden(t, name)
			e, m := openEngine(t, backend.Options{Kernels: "native", Threads: 1}), c.model(t)
			c.checkEval(t, e, m)
			c.checkTrain(t, e, m, tolWinograd)
			for _, impl := range e.Backend().(interface{ Impls() map[kernel.Spec]string }).Impls() {
				if strings.Contains(impl, "wino") {
					return
				}
			}
			t.Error("no convolution uses Winograd's algorithm: the case shows nothing")
		})
	}
}

// eachGolden runs f on every case; in short mode on one of each network.
func eachGolden(t *testing.T, f func(t *testing.T, c golden)) {
	t.Helper()
	files, err := filepath.Glob("testdata/parity/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no goldens: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !strings.HasSuffix(name, "pp-linear-ge") {
				t.Skip("short: one case a network")
			}
			f(t, readGolden(t, name))
		})
	}
}

func readGolden(t *testing.T, name string) (c golden) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/parity", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c golden) checkEval(t *testing.T, e *engine.Engine, m *model.Model) {
	t.Helper()
	s := c.Input.Shape
	p, err := m.NewPredictor(e, s[0], s[2], s[3])
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

// checkTrain runs a step, which changes no parameter; tol is that of the gradients, relative to their norms.
func (c golden) checkTrain(t *testing.T, e *engine.Engine, m *model.Model, tol float64) *model.TrainStep {
	t.Helper()
	sh := c.Input.Shape
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
		return s
	}
	if len(c.Gradients) != len(s.Trained) {
		t.Fatalf("%d trained parameters, PyTorch has %d", len(s.Trained), len(c.Gradients))
	}
	for i, p := range s.Trained {
		nearSummary(t, "gradient of "+p.Name, s.Grad(i), c.Gradients[p.Name], tol)
	}
	return s
}

// checkSteps follows ten SGD steps, and the running statistics of the first.
func (c golden) checkSteps(t *testing.T, e *engine.Engine, m *model.Model, s *model.TrainStep) {
	t.Helper()
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
