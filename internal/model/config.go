// Package model builds ACoL networks as Gorgonia graphs and runs them: the
// backbones, the complementary branches, their parameters under torchvision's
// names, and the Predictor that evaluation and localization share.
package model

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"acol/internal/kernel"
)

// Config is the `model:` section of a recipe.
type Config struct {
	Backbone Backbone `mapstructure:"backbone"`
	Branches Branches `mapstructure:"branches"`
	Loss     Loss     `mapstructure:"loss"`
}

// Backbone says which feature extractor, from which weights.
type Backbone struct {
	// Arch is the family; docs/backbones.md lists them.
	Arch Arch `mapstructure:"arch"`
	// Depth is the network in it: 50 of resnet, 16_bn of vgg, 1.1 of squeezenet.
	Depth string `mapstructure:"depth"`
	// Variant is a published structure of it, such as acol of vgg; empty is torchvision's.
	Variant string `mapstructure:"variant"`
	// Width multiplies the channels; 1 is the published network.
	Width float64 `mapstructure:"width"`
	// Stages cuts the network after so many: a resnet has 5 (the stem and four
	// layers), a squeezenet 4 (each ends at a pool). 0 keeps all. Fewer see less of
	// the image at each position of the map.
	Stages int `mapstructure:"stages"`
	// OutputStride is the ratio of input to map size, reached by turning the
	// strides of the last stages to 1 or leaving out the last pools. 0 is the
	// variant's own.
	OutputStride int `mapstructure:"output_stride"`
	// Weights is a .safetensors or .pth file to start from, or imagenet or
	// imagenet-v2 (see PublishedWeights); empty starts from random weights.
	Weights string `mapstructure:"weights"`
	// FreezeStages is how many of the first stages keep their weights.
	FreezeStages int `mapstructure:"freeze_stages"`
	// FreezeBN makes batch norm use and keep its running statistics in training.
	FreezeBN bool `mapstructure:"freeze_bn"`
	// AttentionDropout puts layers of it into the network.
	AttentionDropout AttentionDropout `mapstructure:"attention_dropout"`
}

// Branches says what sits on the backbone.
type Branches struct {
	// Kinds is a string over p (a branch that learns the class) and n (an
	// adversarial one): p is plain CAM, pp the ACoL paper.
	Kinds string `mapstructure:"kinds"`
	// Deltas are the erasing thresholds in [0,1], one for each branch but the last.
	Deltas []float64 `mapstructure:"deltas"`
	// AvgPool puts a 3x3 average pool (stride 1, padding 1, divisor 9 everywhere)
	// before the heads, as the ACoL authors and wsolevaluation do with VGG.
	AvgPool bool `mapstructure:"avg_pool"`
	// Head is linear (1x1 convolution), conv (the ACoL authors' and
	// wsolevaluation's 3x3-1024, 3x3-1024, 1x1) or conv6 (3x3-1024, 1x1:
	// wsolevaluation's CAM on VGG).
	Head Head `mapstructure:"head"`
	// HeadWidth is the number of channels inside a conv or conv6 head.
	HeadWidth int `mapstructure:"head_width"`
	// Compare is gt (erase where map > delta) or ge (map >= delta).
	Compare kernel.Compare `mapstructure:"compare"`
	// Fusion is positive (maximum over the p branches) or all.
	Fusion Fusion `mapstructure:"fusion"`
}

// DefaultConfig is the paper's method on a ResNet-18.
func DefaultConfig() Config {
	return Config{
		Backbone: Backbone{
			Arch: "resnet", Depth: "18", Width: 1,
			AttentionDropout: AttentionDropout{Rate: 0.75, Threshold: 0.8},
		},
		Branches: Branches{
			Kinds: "pp", Deltas: []float64{0.6}, Head: LinearHead, HeadWidth: 1024,
			Compare: kernel.GreaterEqual, Fusion: FusePositive,
		},
		Loss: Loss{Name: SoftmaxLoss},
	}
}

// Validate reports everything that is wrong, each under its key relative to the section.
func (c Config) Validate(bad func(key, msg string)) {
	b := c.Backbone
	checkChoice(bad, "backbone.arch", b.Arch)
	if a, ok := findArchitecture(b.Arch); ok {
		a.validate(b, bad)
	}
	if !(b.Width >= 0.0625 && b.Width <= 4) {
		bad("backbone.width", fmt.Sprintf("%g is not in 0.0625 to 4", b.Width))
	}
	c.Branches.validate(bad)
	c.Loss.validate(c.Branches, bad)
}

func (b Branches) validate(bad func(key, msg string)) {
	if b.Kinds == "" || strings.Trim(b.Kinds, "pn") != "" {
		bad("branches.kinds", fmt.Sprintf("%q is not a string over p and n, such as p, pp, pn or ppp", b.Kinds))
		return
	}
	if len(b.Kinds) > 16 {
		bad("branches.kinds", fmt.Sprintf("%d branches, at most 16", len(b.Kinds)))
	}
	if !strings.Contains(b.Kinds, "p") && b.Fusion == FusePositive {
		bad("branches.fusion", fmt.Sprintf("positive needs a p branch, and kinds %q has none: use all", b.Kinds))
	}
	if got, want := len(b.Deltas), len(b.Kinds)-1; got != want {
		bad("branches.deltas", fmt.Sprintf("%d values %v for kinds %q, want %d: one for each erasure between two branches", got, b.Deltas, b.Kinds, want))
	}
	for i, d := range b.Deltas {
		if math.IsNaN(d) || d < 0 || d > 1 {
			bad(fmt.Sprintf("branches.deltas[%d]", i), fmt.Sprintf("%g is not in 0 to 1, the range of a normalised map", d))
		}
	}
	checkChoice(bad, "branches.head", b.Head)
	if b.HeadWidth < 1 || b.HeadWidth > 8192 {
		bad("branches.head_width", fmt.Sprintf("%d is not in 1 to 8192", b.HeadWidth))
	}
	checkChoice(bad, "branches.compare", b.Compare)
	checkChoice(bad, "branches.fusion", b.Fusion)
}

// choice is the type of a key that takes one of a list of words.
type choice interface {
	~string
	Choices() []string
}

// checkChoice reports a word that its type does not list.
func checkChoice[T choice](bad func(key, msg string), key string, got T) {
	oneOf(bad, key, string(got), got.Choices()...)
}

func oneOf(bad func(key, msg string), key, got string, want ...string) {
	if slices.Contains(want, got) {
		return
	}
	bad(key, fmt.Sprintf("%q is not one of %s", got, strings.Join(want, ", ")))
}
