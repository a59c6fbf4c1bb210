package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/weights"
)

func small(t *testing.T, change func(*model.Config)) *model.Model {
	t.Helper()
	cfg := model.DefaultConfig()
	cfg.Backbone.Width = 0.0625
	if change != nil {
		change(&cfg)
	}
	m, err := model.New(cfg, 4)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(1)
	return m
}

func TestEveryParameterGetsAFiniteGradient(t *testing.T) {
	for _, arch := range []model.Backbone{
		{Arch: "squeezenet", Depth: "1.1", Width: 1},
		{Arch: "vgg", Depth: "13_bn", Width: 0.0625},
		{Arch: "vgg", Depth: "19", Variant: "acol", Width: 0.0625},
		{Arch: "resnet", Depth: "34", Width: 0.0625},
		{Arch: "resnet", Depth: "101", Width: 0.0625},
		{Arch: "resnet", Depth: "152", Width: 0.0625},
		{Arch: "resnext", Depth: "101_32x8d", Width: 0.125},
		{Arch: "wide_resnet", Depth: "101_2", Width: 0.0625},
		{Arch: "googlenet", Depth: "v1", Width: 0.125},
		{Arch: "inception", Depth: "v3", Variant: "wsol", Width: 0.125},
		{Arch: "mobilenet", Depth: "v2", Width: 0.25},
		{Arch: "efficientnet", Depth: "b1", Width: 0.25},
		{Arch: "convnext", Depth: "tiny", Width: 0.125},
	} {
		name := strings.TrimSuffix(fmt.Sprintf("%s%s-%s", arch.Arch, arch.Depth, arch.Variant), "-")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkGradients(t, arch)
		})
	}
}

// checkGradients runs a step with two erasures.
func checkGradients(t *testing.T, arch model.Backbone) {
	m := small(t, func(c *model.Config) {
		c.Backbone = arch
		c.Branches.Kinds, c.Branches.Deltas = "pnp", []float64{0.7, 0.8}
		c.Branches.Head, c.Branches.HeadWidth = "conv", 4
	})
	s, err := m.NewTrainStep(enginetest.Open(t, enginetest.OneThread), 2, 64, 48)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.X {
		s.X[i] = float32(i%97)/48 - 1
	}
	if err := s.SetTargets(model.Labelled(0, 2)); err != nil {
		t.Fatal(err)
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	for i, p := range s.Trained {
		nonzero := false
		for _, g := range s.Grad(i) {
			if g-g != 0 {
				t.Fatalf("the gradient of %s is not finite", p.Name)
			}
			nonzero = nonzero || g != 0
		}
		if !nonzero && !strings.HasPrefix(p.Name, "branches.") {
			t.Errorf("the gradient of %s is zero", p.Name)
		}
	}
}

func TestOutputStrideSetsTheMapSize(t *testing.T) {
	e := enginetest.Open(t, enginetest.OneThread)
	for stride, want := range map[int][2]int{0: {2, 3}, 32: {2, 3}, 16: {4, 6}, 8: {8, 12}} {
		p, err := small(t, func(c *model.Config) { c.Backbone.OutputStride = stride }).NewPredictor(e, 1, 64, 96)
		if err != nil {
			t.Fatal(err)
		}
		if h, w := p.MapSize(); h != want[0] || w != want[1] {
			t.Errorf("output stride %d: maps of %dx%d, want %dx%d", stride, h, w, want[0], want[1])
		}
	}
}

func TestFrozenStagesAndStatisticsAreNotTrained(t *testing.T) {
	e := enginetest.Open(t, enginetest.OneThread)
	trained := func(change func(*model.Config)) (names []string, running bool) {
		m := small(t, change)
		s, err := m.NewTrainStep(e, 2, 32, 32)
		if err != nil {
			t.Fatal(err)
		}
		for i := range s.X {
			s.X[i] = float32(i%13) / 6
		}
		before := state(t, m)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		s.UpdateRunning()
		for _, p := range s.Trained {
			names = append(names, p.Name)
		}
		return names, !slices.Equal(before, state(t, m))
	}
	all, moved := trained(nil)
	if !slices.Contains(all, "conv1.weight") || !moved {
		t.Error("without freezing, conv1 or the running statistics are not trained")
	}
	two, moved := trained(func(c *model.Config) { c.Backbone.FreezeStages = 2 })
	for _, n := range two {
		if strings.HasPrefix(n, "conv1.") || strings.HasPrefix(n, "bn1.") || strings.HasPrefix(n, "layer1.") {
			t.Errorf("two frozen stages train %s", n)
		}
	}
	if !slices.Contains(two, "layer2.0.conv1.weight") || !moved {
		t.Error("two frozen stages stop layer2 or its statistics")
	}
	heads, moved := trained(func(c *model.Config) { c.Backbone.FreezeStages = 5 })
	if len(heads) != 4 || moved {
		t.Errorf("a frozen backbone trains %v, statistics moved: %v", heads, moved)
	}
	bn, moved := trained(func(c *model.Config) { c.Backbone.FreezeBN = true })
	if !slices.Equal(bn, all) || moved {
		t.Error("frozen statistics moved, or batch norm's scale is not trained")
	}
}

// state is every running statistic of a model.
func state(t *testing.T, m *model.Model) (out []float32) {
	t.Helper()
	for _, p := range m.Params() {
		if !p.Kind.Trained() {
			out = append(out, p.Data...)
		}
	}
	return out
}

func TestFirstBranchDoesNotDependOnTheClassAndTheSecondDoes(t *testing.T) {
	e := enginetest.Open(t, enginetest.OneThread)
	m := small(t, func(c *model.Config) { c.Backbone.OutputStride = 8 })
	p, err := m.NewPredictor(e, 3, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, 2*3*64*64)
	for i := range x {
		x[i] = float32(i%101)/50 - 1
	}
	if err := p.Images(x, 2); err != nil {
		t.Fatal(err)
	}
	a, err := p.Localize([]int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Localize([]int{2, 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(a) != 2 {
		t.Fatalf("%d predictions of a batch of two", len(a))
	}
	if !slices.Equal(a[0].Logits[0], b[0].Logits[0]) {
		t.Error("the first branch's logits depend on the class")
	}
	if slices.Equal(a[0].Logits[1], b[0].Logits[1]) || slices.Equal(a[0].Fused.V, b[0].Fused.V) {
		t.Error("the second branch's logits or the fused map do not depend on the class")
	}
	if !slices.Equal(a[1].Fused.V, b[1].Fused.V) {
		t.Error("one image's class changes another's map")
	}
	if _, err := p.Localize([]int{0, 4}); err == nil || err.Error() != "localizing image 1: class 4 is not in 0 to 3" {
		t.Errorf("class out of range: error %v", err)
	}
	if err := p.Images(x, 4); err == nil {
		t.Error("four images in a batch of three are no error")
	}
}

func TestFusionTakesThePositiveBranchesOrAll(t *testing.T) {
	e := enginetest.Open(t, enginetest.OneThread)
	for _, c := range []struct {
		fusion model.Fusion
		of     []int
	}{{"positive", []int{0}}, {"all", []int{0, 1}}} {
		m := small(t, func(cfg *model.Config) {
			cfg.Branches.Kinds, cfg.Branches.Fusion, cfg.Backbone.OutputStride = "pn", c.fusion, 8
		})
		p, err := m.NewPredictor(e, 1, 64, 64)
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 3*64*64)
		for i := range x {
			x[i] = float32(i%103)/50 - 1
		}
		if err := p.Images(x, 1); err != nil {
			t.Fatal(err)
		}
		q, err := p.Localize([]int{1})
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range q[0].Fused.V {
			want := 0.0
			for _, b := range c.of {
				want = max(want, q[0].Maps[b].V[i])
			}
			if got != want {
				t.Fatalf("fusion %s: position %d is %g, want %g", c.fusion, i, got, want)
			}
		}
	}
}

func TestWeightsAreLoadedStrictly(t *testing.T) {
	m := small(t, nil)
	sd, err := m.State()
	if err != nil {
		t.Fatal(err)
	}
	other := small(t, nil)
	other.Init(7)
	if err := other.LoadAll(sd); err != nil {
		t.Fatal(err)
	}
	for i, p := range other.Params() {
		if !slices.Equal(p.Data, m.Params()[i].Data) {
			t.Errorf("%s is not what was saved", p.Name)
		}
	}
	backbone := weights.NewStateDict()
	for _, n := range sd.Names() {
		if w, _ := sd.Get(n); !strings.HasPrefix(n, "branches.") {
			backbone.Set(n, w)
		}
	}
	fc, _ := weights.FromFloat32s([]int{1}, []float32{1})
	backbone.Set("fc.bias", fc)
	if err := other.LoadAll(backbone); err == nil || !strings.Contains(err.Error(), "missing (4): branches.0.classifier.weight") {
		t.Errorf("a checkpoint without heads: error %v", err)
	}
	report, err := other.LoadStart(backbone, true)
	if err != nil || !slices.Equal(report.Dropped, []string{"fc.bias"}) || len(report.Missing) != 4 {
		t.Errorf("backbone weights: %+v, error %v", report, err)
	}
	nan, _ := weights.FromFloat32s([]int{4}, []float32{0, float32(nan()), 0, 0})
	backbone.Set("bn1.bias", nan)
	if _, err := other.LoadStart(backbone, true); err == nil || err.Error() != "bn1.bias: element 1 is NaN, want finite weights" {
		t.Errorf("weights with NaN: error %v", err)
	}
}

func nan() float64 { z := 0.0; return z / z }

func TestAWrongConfigIsAnErrorThatNamesTheKey(t *testing.T) {
	for _, c := range []struct {
		change func(*model.Config)
		want   string
	}{
		{func(c *model.Config) { c.Backbone.Depth = "20" }, `model: backbone.depth: "20" is not one of 18, 34, 50, 101, 152`},
		{func(c *model.Config) { c.Backbone.Arch = "vgg16" }, `model: backbone.arch: "vgg16" is not one of resnet, resnext, wide_resnet, vgg, googlenet, inception, mobilenet, squeezenet, efficientnet, convnext; vgg16 is arch vgg with depth 16`},
		{func(c *model.Config) { c.Branches.Kinds = "px" }, `model: branches.kinds: "px" is not a string over p and n, such as p, pp, pn or ppp`},
		{func(c *model.Config) { c.Branches.Kinds = "ppp" }, `model: branches.deltas: [0.6] does not fit kinds "ppp", which needs 2: one for each erasure between two branches`},
		{func(c *model.Config) { c.Branches.Deltas = []float64{1.5} }, `model: branches.deltas[0]: 1.5 is not in 0 to 1, the range of a normalised map`},
		{func(c *model.Config) { c.Backbone.Arch, c.Backbone.Depth, c.Backbone.OutputStride = "vgg", "16", 4 }, `model: backbone.output_stride: 4 is not one of 32, 16, 8 of a torchvision vgg (0 is 32, its own)`},
		{func(c *model.Config) { c.Backbone.Variant = "acol" }, `model: backbone.variant: "acol" is not one of torchvision`},
		{func(c *model.Config) {
			c.Backbone.Arch, c.Backbone.Depth, c.Backbone.AttentionDropout.Use = "efficientnet", "b0", true
		}, `model: backbone.attention_dropout.use: efficientnet has no places for the layers; these have: resnet, resnext, wide_resnet, vgg, googlenet, inception, mobilenet, squeezenet`},
		{func(c *model.Config) { c.SPG.Use = true }, `model: spg.use: SPG needs model.branches.kinds p, not "pp": its masks come from the map of one branch`},
		{func(c *model.Config) {
			c.SPG.Use, c.Branches.Kinds, c.Branches.Deltas, c.Backbone.Stages = true, "p", nil, 3
		}, `model: spg.use: SPG has branches in stage 4, and model.backbone.stages cuts the network after stage 3`},
		{func(c *model.Config) { c.SPG.High = []float64{0.5} }, `model: spg.high: 1 values [0.5] for the masks of B2, B1, C, want 3`},
		{func(c *model.Config) { c.SPG.Low = []float64{0.1, -1, 0.1} }, `model: spg.low[1]: -1 is not in 0 to 1`},
		{func(c *model.Config) { c.SPG.Low = []float64{0.9, 0.1, 0.1} }, `model: spg.low[0]: 0.9 is above 0.7 of spg.high, but background is below object`},
		{func(c *model.Config) { c.SPG.Width = -1 }, `model: spg.width: -1 is not in 0 to 8192`},
		{func(c *model.Config) { c.Branches.Kinds, c.Loss.Name = "pn", "sigmoid" }, `model: loss.name: sigmoid knows no adversarial branch, and kinds "pn" has one: its loss is of a single label`},
		{func(c *model.Config) { c.Loss.ClassWeights = []float64{1, 2, 3} }, `model: loss.class_weights: 3 weights for 4 classes`},
		{func(c *model.Config) { c.Branches.Kinds = "nn" }, `model: branches.fusion: positive needs a p branch, and kinds "nn" has none: use all`},
	} {
		cfg := model.DefaultConfig()
		c.change(&cfg)
		if _, err := model.New(cfg, 4); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	if _, err := model.New(model.DefaultConfig(), 0); err == nil {
		t.Error("no class is no error")
	}
}

func TestTheAdversarialLossNeedsTwoClasses(t *testing.T) {
	cfg := model.DefaultConfig()
	cfg.Backbone.Width, cfg.Branches.Kinds = 0.0625, "pn"
	m, err := model.New(cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.NewTrainStep(enginetest.Open(t, enginetest.OneThread), 2, 32, 32)
	if err == nil || err.Error() != "building branches.1 loss: adversarial loss: 1 class, want at least 2" {
		t.Errorf("error %v", err)
	}
}
