// Package model builds ACoL networks as Gorgonia graphs and runs them: the
// backbones, the complementary branches, their parameters under torchvision's
// names, and the Predictor that evaluation and localization share.
package model

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"acol/internal/brief"
	"acol/internal/choice"
	"acol/internal/kernel"
)

// Config is the model section of a recipe: the network and what it learns by.
type Config struct {
	Backbone Backbone `mapstructure:"backbone"`
	Branches Branches `mapstructure:"branches"`
	Loss     Loss     `mapstructure:"loss"`
	SPG      SPG      `mapstructure:"spg"`
}

// Backbone is the model.backbone section of a recipe: the network that turns an image into
// features, and the weights that it starts from.
type Backbone struct {
	// Arch is the family of the network. docs/backbones.md compares the families: parameters,
	// channels and the sizes of their maps.
	Arch Arch `mapstructure:"arch"`
	// Depth is the network within the family, such as 50 of resnet or 16_bn of vgg. Weights exist
	// for each of them. docs/backbones.md lists the values of each family. The default is 18 of
	// resnet, 16 of vgg and 1.1 of squeezenet, and the smallest network of the other families.
	Depth string `mapstructure:"depth" recipe:"number"`
	// Variant is the published structure of the network; "" is torchvision.
	//   - torchvision: the network as torchvision has it
	//   - acol: a vgg with the pools of the ACoL authors
	//   - bvlc: the googlenet of Caffe's model zoo, for which torchvision has no weights
	//   - wsol: the inception of wsolevaluation
	Variant string `mapstructure:"variant"`
	// Width is the factor on the channels of all layers, from 0.0625 to 4. At 1 the network is the
	// published one, the only one that pretrained weights exist for. A smaller width is for
	// experiments on a small machine.
	Width float64 `mapstructure:"width"`
	// Stages is the number of stages after which the network is cut; 0 keeps all. A resnet has 5,
	// the stem and four layers; a vgg has 5, and a squeezenet 4, each of which ends at a pool. With
	// fewer stages, each position of the map sees a smaller part of the image.
	Stages int `mapstructure:"stages"`
	// OutputStride is the number of input pixels to one pixel of the map; 0 is the variant's own.
	// At 32 an input of 224 pixels gives a map of 7x7, at 16 one of 14x14. Smaller values locate
	// more finely and cost more time and memory. They are reached by strides of 1 in the last
	// stages, or without the last pools, so the weights still fit. docs/backbones.md says which
	// values each network has.
	OutputStride int `mapstructure:"output_stride"`
	// Weights is what the training starts from; "" is random values.
	//   - imagenet: the ImageNet weights that torchvision publishes for the network, fetched once;
	//     the papers started from these
	//   - imagenet-v2: the better ones that torchvision trained later, where it has any
	//   - FILE: a .safetensors or .pth file of torchvision, of another code (docs/weights.md) or of
	//     acol, whose heads are used as well if the classes are the same
	Weights Weights `mapstructure:"weights"`
	// FreezeStages is the number of first stages that keep their weights; 0 trains all. They are
	// the stages that the key Stages counts.
	FreezeStages int `mapstructure:"freeze_stages"`
	// FreezeBN says whether batch norm uses and keeps the statistics that it starts with. That
	// helps where batches are too small to estimate statistics from.
	FreezeBN bool `mapstructure:"freeze_bn"`

	AttentionDropout AttentionDropout `mapstructure:"attention_dropout"`
	// StochasticDepth is the rate at which the last block's residual is dropped in training. Blocks
	// before it have smaller rates, in proportion to their depth, and each image draws for itself.
	// For convnext and efficientnet; 0 is off. torchvision's own trainings have 0.2 for
	// efficientnet, and 0.1, 0.4, 0.5 and 0.5 for convnext's tiny, small, base and large.
	StochasticDepth float64 `mapstructure:"stochastic_depth"`
}

// Branches is the model.branches section of a recipe: the classifiers on the backbone, and what
// each erases for the next.
type Branches struct {
	// Kinds is a string of one letter for each branch: p learns the class, n is adversarial. p
	// alone is plain CAM, and pp is the ACoL paper. In pn the second branch must not recognise the
	// class in what the first has left. At most 16 branches are possible.
	Kinds string `mapstructure:"kinds"`
	// Deltas are the erasing thresholds, one for each branch but the last, from 0 to 1. Where the
	// normalised map of a branch is over its delta, the features are erased before the next branch
	// sees them. Smaller values erase more. The paper has 0.6; [] goes with kinds p.
	Deltas []float64 `mapstructure:"deltas"`
	// AvgPool says whether an average pool of 3x3 pixels comes before the heads. It has stride 1
	// and padding 1, and divides by 9 at the border too. The ACoL authors and wsolevaluation have
	// it in their VGG.
	AvgPool bool `mapstructure:"avg_pool"`
	// Head is the structure of each branch: its convolutions, with a ReLU after each 3x3.
	//   - linear: 1x1, as CAM has it on a ResNet
	//   - conv: 3x3, 3x3 and 1x1, as the ACoL authors and wsolevaluation's ACoL have it
	//   - conv6: 3x3 and 1x1, as wsolevaluation's CAM has it on VGG
	//   - linear-relu: 1x1 with a ReLU behind it too, as torchvision's SqueezeNet has it
	Head Head `mapstructure:"head"`
	// HeadWidth is the number of channels inside a conv or conv6 head, from 1 to 8192.
	HeadWidth int `mapstructure:"head_width"`
	// Compare is the comparison that decides which positions are erased.
	//   - ge: those where map >= delta, as the ACoL authors and wsolevaluation have it
	//   - gt: those where map > delta
	Compare kernel.Compare `mapstructure:"compare"`
	// Fusion says which branches the fused map is the maximum of.
	//   - positive: the p branches
	//   - all: the p and the n branches
	Fusion Fusion `mapstructure:"fusion"`
	// Align says where the positions of a map lie on the input. It moves maps and changes no logit.
	// docs/maps.md says what it gains: much with googlenet, little with squeezenet; with mobilenet
	// it does harm.
	//   - stretch: evenly, as wsolevaluation has it
	//   - receptive: at the centres of what each position sees, by windows, strides and paddings
	Align Align `mapstructure:"align"`
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
			Compare: kernel.GreaterEqual, Fusion: FusePositive, Align: Stretch,
		},
		Loss: Loss{Name: SoftmaxLoss},
		SPG:  SPG{High: []float64{0.7, 0.5, 0.7}, Low: []float64{0.01, 0.05, 0.1}},
	}
}

// Validate calls bad for everything that is wrong, with the key relative to the section.
func (c Config) Validate(bad func(key, msg string)) {
	b := c.Backbone
	choice.Report(func(key, msg string) { bad(key, msg+archOf(b.Arch)) }, "backbone.arch", b.Arch)
	if a, ok := findArchitecture(b.Arch); ok {
		a.validate(b, bad)
		c.SPG.validate(c, a, bad)
	}
	if !(b.Width >= 0.0625 && b.Width <= 4) {
		bad("backbone.width", fmt.Sprintf("%g is not in 0.0625 to 4", b.Width))
	}
	c.Branches.validate(bad)
	if a, _ := findArchitecture(b.Arch); c.Branches.Head != OwnHead ||
		len(c.Branches.Kinds) > 1 || a.classifier.own == nil {
		choice.Report(bad, "branches.head", c.Branches.Head)
	}
	c.Loss.validate(c.Branches, bad)
}

// archOf says which family and depth a network is where its whole name stands for the family's, as
// resnet50 does for resnet; empty for other names.
func archOf(name Arch) string {
	known, err := FindClassifier(string(name))
	if err != nil {
		return ""
	}
	b := known.Config.Backbone
	return fmt.Sprintf("; %s is arch %s with depth %s", brief.Text(string(name), 60), b.Arch, b.Depth)
}

// maxBranches is the most branches that a model has.
const maxBranches = 16

func (b Branches) validate(bad func(key, msg string)) {
	if b.Kinds == "" || strings.Trim(b.Kinds, "pn") != "" {
		bad("branches.kinds",
			fmt.Sprintf("%q is not a string over p and n, such as p, pp, pn or ppp", b.Kinds))
		return
	}
	if len(b.Kinds) > maxBranches {
		bad("branches.kinds", fmt.Sprintf("%d branches, at most %d", len(b.Kinds), maxBranches))
	}
	if !strings.Contains(b.Kinds, "p") && b.Fusion == FusePositive {
		bad("branches.fusion",
			fmt.Sprintf("positive needs a p branch, and kinds %q has none: use all", b.Kinds))
	}
	if got, want := len(b.Deltas), len(b.Kinds)-1; got != want {
		need := strconv.Itoa(want)
		if want == 0 {
			need = "none ([])"
		}
		bad("branches.deltas", fmt.Sprintf("%s does not fit kinds %q, which needs %s: "+
			"one for each erasure between two branches", brief.List(b.Deltas), b.Kinds, need))
	}
	for i, d := range b.Deltas {
		if math.IsNaN(d) || d < 0 || d > 1 {
			bad(fmt.Sprintf("branches.deltas[%d]", i),
				fmt.Sprintf("%g is not in 0 to 1, the range of a normalised map", d))
		}
	}
	if b.HeadWidth < 1 || b.HeadWidth > 8192 {
		bad("branches.head_width", fmt.Sprintf("%d is not in 1 to 8192", b.HeadWidth))
	}
	choice.Report(bad, "branches.compare", b.Compare)
	choice.Report(bad, "branches.fusion", b.Fusion)
	choice.Report(bad, "branches.align", b.Align)
}
