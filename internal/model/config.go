// Package model builds ACoL networks as Gorgonia graphs and runs them: the
// backbones, the complementary branches, their parameters under torchvision's
// names, and the Predictor that evaluation and localization share.
package model

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Config is the `model:` section of a recipe.
type Config struct {
	Backbone Backbone `mapstructure:"backbone"`
	Branches Branches `mapstructure:"branches"`
}

// Backbone says which feature extractor, from which weights.
type Backbone struct {
	// Arch is the family: resnet or squeezenet.
	Arch string `mapstructure:"arch"`
	// Depth is 18, 34, 50, 101 or 152 for resnet; squeezenet's is its version, 1.1.
	Depth string `mapstructure:"depth"`
	// Width multiplies the channels of a resnet; 1 is the published network.
	Width float64 `mapstructure:"width"`
	// Stages cuts the network after so many: a resnet has 5 (the stem and four
	// layers), a squeezenet 4 (each ends at a pool). 0 keeps all. Fewer see less of
	// the image at each position of the map.
	Stages int `mapstructure:"stages"`
	// OutputStride is the ratio of input to map size: resnet 32, 16, 8 or 4,
	// reached by turning the strides of the last stages to 1; squeezenet 16.
	// 0 is the published network's own.
	OutputStride int `mapstructure:"output_stride"`
	// Weights is a .safetensors or .pth file to start from, or imagenet or
	// imagenet-v2 (see PublishedWeights); empty starts from random weights.
	Weights string `mapstructure:"weights"`
	// FreezeStages is how many of the first stages keep their weights.
	FreezeStages int `mapstructure:"freeze_stages"`
	// FreezeBN makes batch norm use and keep its running statistics in training.
	FreezeBN bool `mapstructure:"freeze_bn"`
}

// Branches says what sits on the backbone.
type Branches struct {
	// Recipe is a string over p (a branch that learns the class) and n (an
	// adversarial one): p is plain CAM, pp the ACoL paper.
	Recipe string `mapstructure:"recipe"`
	// Deltas are the erasing thresholds in [0,1], one for each branch but the last.
	Deltas []float64 `mapstructure:"deltas"`
	// Head is linear (1x1 convolution) or conv (the ACoL authors' 3x3-1024,
	// 3x3-1024, 1x1).
	Head string `mapstructure:"head"`
	// HeadWidth is the number of channels inside a conv head.
	HeadWidth int `mapstructure:"head_width"`
	// Compare is gt (erase where map > delta) or ge (map >= delta).
	Compare string `mapstructure:"compare"`
	// Fusion is positive (maximum over the p branches) or all.
	Fusion string `mapstructure:"fusion"`
}

// DefaultConfig is the paper's method on a ResNet-18.
func DefaultConfig() Config {
	return Config{
		Backbone: Backbone{Arch: "resnet", Depth: "18", Width: 1},
		Branches: Branches{
			Recipe: "pp", Deltas: []float64{0.6}, Head: "linear", HeadWidth: 1024,
			Compare: "ge", Fusion: "positive",
		},
	}
}

// Validate reports everything that is wrong, each under its key relative to the section.
func (c Config) Validate(bad func(key, msg string)) {
	b := c.Backbone
	switch b.Arch {
	case "resnet":
		oneOf(bad, "backbone.depth", b.Depth, "18", "34", "50", "101", "152")
		if !slices.Contains([]int{0, 4, 8, 16, 32}, b.OutputStride) {
			bad("backbone.output_stride", fmt.Sprintf("%d is not one of 32, 16, 8, 4 (0 is the network's own)", b.OutputStride))
		}
		b.validateStages(bad, 5, "a resnet's stem and four layers")
	case "squeezenet":
		oneOf(bad, "backbone.depth", b.Depth, "1.1")
		if b.OutputStride != 0 && b.OutputStride != 16 {
			bad("backbone.output_stride", fmt.Sprintf("%d is not 16, squeezenet's own (0 is the same)", b.OutputStride))
		}
		b.validateStages(bad, 4, "squeezenet's end at its pools")
		if b.Width != 1 {
			bad("backbone.width", fmt.Sprintf("%g: only a resnet has a width other than 1", b.Width))
		}
	default:
		oneOf(bad, "backbone.arch", b.Arch, "resnet", "squeezenet")
	}
	if !(b.Width >= 0.0625 && b.Width <= 4) {
		bad("backbone.width", fmt.Sprintf("%g is not in 0.0625 to 4", b.Width))
	}
	c.Branches.validate(bad)
}

func (b Backbone) validateStages(bad func(key, msg string), most int, what string) {
	if b.Stages < 0 || b.Stages > most {
		bad("backbone.stages", fmt.Sprintf("%d is not in 0 to %d (%s; 0 is all)", b.Stages, most, what))
	}
	if b.FreezeStages < 0 || b.FreezeStages > most {
		bad("backbone.freeze_stages", fmt.Sprintf("%d is not in 0 to %d (%s)", b.FreezeStages, most, what))
	}
}

func (b Branches) validate(bad func(key, msg string)) {
	if b.Recipe == "" || strings.Trim(b.Recipe, "pn") != "" {
		bad("branches.recipe", fmt.Sprintf("%q is not a string over p and n, such as p, pp, pn or ppp", b.Recipe))
		return
	}
	if len(b.Recipe) > 16 {
		bad("branches.recipe", fmt.Sprintf("%d branches, at most 16", len(b.Recipe)))
	}
	if !strings.Contains(b.Recipe, "p") && b.Fusion == "positive" {
		bad("branches.fusion", fmt.Sprintf("positive needs a p branch, and recipe %q has none: use all", b.Recipe))
	}
	if got, want := len(b.Deltas), len(b.Recipe)-1; got != want {
		bad("branches.deltas", fmt.Sprintf("%d values %v for recipe %q, want %d: one for each erasure between two branches", got, b.Deltas, b.Recipe, want))
	}
	for i, d := range b.Deltas {
		if math.IsNaN(d) || d < 0 || d > 1 {
			bad(fmt.Sprintf("branches.deltas[%d]", i), fmt.Sprintf("%g is not in 0 to 1, the range of a normalised map", d))
		}
	}
	oneOf(bad, "branches.head", b.Head, "linear", "conv")
	if b.HeadWidth < 1 || b.HeadWidth > 8192 {
		bad("branches.head_width", fmt.Sprintf("%d is not in 1 to 8192", b.HeadWidth))
	}
	oneOf(bad, "branches.compare", b.Compare, "gt", "ge")
	oneOf(bad, "branches.fusion", b.Fusion, "positive", "all")
}

func oneOf(bad func(key, msg string), key, got string, want ...string) {
	if slices.Contains(want, got) {
		return
	}
	bad(key, fmt.Sprintf("%q is not one of %s", got, strings.Join(want, ", ")))
}
