package model_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
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
	// Winograd's convolution rounds ten times more than a sum of products: some ReLU's input lies
	// nearer to zero than that, and every gradient behind it jumps.
	tolWinograd = 3e-2
)

func TestModelsEqualPyTorch(t *testing.T) {
	eachGolden(t, "parity", asPyTorch)
}

// TestSPGEqualsWsolevaluation compares logits, maps, all losses and gradients with the networks of
// wsolevaluation's SPG, which testdata/generate_spg.py runs.
func TestSPGEqualsWsolevaluation(t *testing.T) { eachGolden(t, "spg", asPyTorch) }

// asPyTorch compares a case with its golden on every set of kernels.
func asPyTorch(t *testing.T, c golden) {
	t.Parallel()
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		o.Direct = true
		o.Threads = 1 // two cases at a time get more out of two cores than two threads on small tensors
		e, m := enginetest.Open(t, o), c.model(t)
		c.checkEval(t, e, m)
		if s := c.checkTrain(t, e, m, tolGradient); c.SGD != nil {
			c.checkSteps(t, e, m, s)
		}
	})
}

// winograd lists a case of each network in which oneDNN finds convolutions for Winograd's
// algorithm: 3x3 ones on maps that are large enough.
var winograd = []string{
	"googlenetv1-bvlc-w0.25-pn-conv-gt", "googlenetv1-w0.25-pp-linear-ge-frozenbn",
	"inceptionv3-wsol-os16-p-linear-rect", "resnet18-pp-linear-ge",
	"resnet18-w0.25-pp-linear-ge-rect", "resnet50-w0.25-p-linear", "squeezenet1.0-pp-linear-ge",
	"squeezenet1.1-pp-linear-ge", "vgg11_bn-w0.25-pp-linear-ge", "vgg13-w0.25-os8-p-linear",
	"vgg16-acol-w0.25-pp-conv-ge-rect", "vgg16-w0.25-pn-linear-gt",
	"vgg19_bn-w0.25-os16-p-linear", "wide_resnet50_2-w0.25-p-linear-frozenbn",
}

func TestWinogradStaysNearPyTorch(t *testing.T) {
	if !native.Built {
		t.Skip("built without the native kernels (tag onednn)")
	}
	for _, name := range winograd {
		runGolden(t, "parity", name, func(t *testing.T, c golden) {
			t.Parallel()
			e, m := enginetest.Open(t, backend.Options{Kernels: "native", Threads: 1}), c.model(t)
			c.checkEval(t, e, m)
			c.checkTrain(t, e, m, tolWinograd)
			b := e.Backend()
			impls := slices.Collect(maps.Values(b.(interface{ Impls() map[kernel.Spec]string }).Impls()))
			winograd := func(impl string) bool { return strings.Contains(impl, "wino") }
			// oneDNN has the algorithm for AVX-512 alone.
			if strings.HasPrefix(b.ISA(), "avx512") && !slices.ContainsFunc(impls, winograd) {
				t.Error("no convolution uses Winograd's algorithm: the case shows nothing")
			}
		})
	}
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
			of := fmt.Sprintf("of branch %d, image %d", b, i)
			near(t, "eval: logits "+of, floats(q.Logits[b]), c.Eval.Logits[b][i], tolForward)
			near(t, "eval: map "+of, q.Maps[b].V, flat(c.Eval.Maps[b][i]), tolForward)
		}
		what := fmt.Sprintf("eval: fused map of image %d", i)
		near(t, what, q.Fused.V, flat(c.Eval.Fused[i]), tolForward)
	}
}

// checkTrain runs a step, which changes no parameter; tol is that of the gradients, relative to
// their norms.
func (c golden) checkTrain(
	t *testing.T, e *engine.Engine, m *model.Model, tol float64,
) *model.TrainStep {
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
	if s.Depths() != len(c.Depths.Kept) {
		t.Fatalf("%d stochastic depth layers, want %d", s.Depths(), len(c.Depths.Kept))
	}
	for i, kept := range c.Depths.Kept {
		for image, k := range kept {
			s.Skip(i, image, k == 0)
		}
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	for b := range c.Recipe {
		of, loss := fmt.Sprintf("of branch %d", b), []float64{float64(s.BranchLoss(b))}
		near(t, "train: logits "+of, floats(s.Logits(b)), flat(c.Train.Logits[b]), tolForward)
		near(t, "train: maps "+of, floats(s.Maps(b)), flat(flat(c.Train.Maps[b])), tolForward)
		near(t, "train: loss "+of, loss, c.Train.Losses[b:b+1], tolForward)
	}
	if c.SPG != nil {
		var losses []float64
		for i := range c.SPG.Losses {
			losses = append(losses, float64(s.BranchLoss(len(c.Recipe)+i)))
		}
		near(t, "losses of SPG", losses, c.SPG.Losses, tolForward)
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
	opt := train.NewSGD(train.Optimization{
		LayerDecay: 1, Momentum: c.SGD.Momentum, Nesterov: c.SGD.Nesterov, WeightDecay: c.SGD.Decay, BiasDecay: true,
		LRBackbone: c.SGD.LR, LRHeads: c.SGD.LR * c.SGD.HeadFactor, BiasFactor: c.SGD.BiasFactor,
	}, e, s.Trained)
	for i, want := range c.SGD.Losses {
		if i > 0 {
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
		}
		what := fmt.Sprintf("loss before step %d", i+1)
		near(t, what, []float64{float64(s.Loss())}, []float64{want}, tolStep)
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
			t.Errorf("%s: summary %d is %.7g, want %.7g within %.1g (norm %.4g)",
				what, i, got[i], w, tol, want[0])
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
