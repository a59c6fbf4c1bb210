package model

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/choice"
)

// architecture is a family of backbones. A new one is a file that declares it
// and a line in architectures; docs/backbones.md tells how.
type architecture struct {
	name Arch
	// depths are the values of backbone.depth: with name, torchvision's name of the network.
	depths []string
	// usual is the depth that is meant where nobody says; empty is the first.
	usual string
	// variants are the values of backbone.variant; an empty one means the first.
	variants []variant
	// stages is how many stages there are to cut and freeze, and stageNote what they are.
	stages    int
	stageNote string
	// scales tells that backbone.width may be other than 1.
	scales bool
	// drops tells that there are places for attention dropout, dropsInHead that
	// one more is before the classifier of each branch.
	drops, dropsInHead bool
	// halfScale tells that torchvision's published weights want images of another scale than ImageNet's; see PublishedScale.
	halfScale bool
	// beside names what a classifier's file has and no backbone uses, as weights.DropRule does.
	beside []string
	// least is a side of images that is large enough, in pixels; 0 is declareSize.
	least int
	// eps is batch norm's epsilon; 0 means normEps.
	eps float32
	// build maps images (N,3,H,W) to features (N,C,h,w).
	build func(b *builder, x *G.Node) *G.Node
}

// variant is a structure of a family under the same names of parameters.
type variant struct {
	name string
	// strides are the values of backbone.output_stride; 0 means the first.
	strides []int
}

// Arch is the name of a family of backbones: resnet, vgg and so on.
type Arch string

// Choices lists the families, in the order of docs/backbones.md.
func (Arch) Choices() []string {
	names := make([]string, len(architectures))
	for i, a := range architectures {
		names[i] = string(a.name)
	}
	return names
}

// architectures are all backbones.
var architectures = []architecture{resNets, resNeXts, wideResNets, vggs, googLeNets, inceptions, mobileNets, squeezeNets, efficientNets, convNeXts}

// torchvision is the name of the variant that torchvision has.
const torchvision = "torchvision"

// plain is what most architectures have: torchvision's variant alone.
func plain(strides ...int) []variant { return []variant{{torchvision, strides}} }

// UsualDepth is the depth of a family that is meant where nobody says.
func UsualDepth(arch Arch) (string, bool) {
	a, ok := findArchitecture(arch)
	if !ok {
		return "", false
	}
	return cmp.Or(a.usual, a.depths[0]), true
}

func findArchitecture(name Arch) (architecture, bool) {
	i := slices.IndexFunc(architectures, func(a architecture) bool { return a.name == name })
	if i < 0 {
		return architecture{}, false
	}
	return architectures[i], true
}

// variant gives the variant of a name.
func (a architecture) variant(name string) (variant, bool) {
	if name == "" {
		return a.variants[0], true
	}
	i := slices.IndexFunc(a.variants, func(v variant) bool { return v.name == name })
	if i < 0 {
		return variant{}, false
	}
	return a.variants[i], true
}

// validate reports what no network of the family has.
func (a architecture) validate(b Backbone, bad func(key, msg string)) {
	choice.Among(bad, "backbone.depth", b.Depth, a.depths...)
	v, ok := a.variant(b.Variant)
	if !ok {
		names := make([]string, len(a.variants))
		for i, v := range a.variants {
			names[i] = v.name
		}
		choice.Among(bad, "backbone.variant", b.Variant, names...)
	} else if b.OutputStride != 0 && !slices.Contains(v.strides, b.OutputStride) {
		strides := strings.ReplaceAll(strings.Trim(fmt.Sprint(v.strides), "[]"), " ", ", ")
		bad("backbone.output_stride", fmt.Sprintf("%d is not one of %s of a %s %s (0 is %d, its own)", b.OutputStride, strides, v.name, a.name, v.strides[0]))
	}
	for _, s := range []struct {
		key string
		n   int
		all string
	}{{"stages", b.Stages, "; 0 is all"}, {"freeze_stages", b.FreezeStages, ""}} {
		if s.n < 0 || s.n > a.stages {
			bad("backbone."+s.key, fmt.Sprintf("%d is not in 0 to %d (%s%s)", s.n, a.stages, a.stageNote, s.all))
		}
	}
	b.AttentionDropout.validate(a, bad)
	if b.Width != 1 && !a.scales {
		bad("backbone.width", fmt.Sprintf("%g: a %s has no width other than 1", b.Width, a.name))
	}
}

// outputStride is what the recipe asks for, or the variant's own.
func (b *builder) outputStride() int {
	c := b.cfg.Backbone
	if c.OutputStride != 0 {
		return c.OutputStride
	}
	v, _ := b.arch.variant(c.Variant)
	return v.strides[0]
}

// within is a layer's stride, or 1 where it would take x, so far of stride at, beyond the output stride.
func (b *builder) within(stride, at int) int {
	if stride > 1 && at >= b.outputStride() {
		return 1
	}
	return stride
}

// variant is the name of the variant being built.
func (b *builder) variant() string {
	v, _ := b.arch.variant(b.cfg.Backbone.Variant)
	return v.name
}

// width is a published number of channels times the recipe's factor.
func (b *builder) width(channels int) int {
	return max(1, int(math.Round(float64(channels)*b.cfg.Backbone.Width)))
}

// Networks lists every network as its arch, its depth and, but for torchvision's, its variant,
// in one string: "vgg 16 acol".
func Networks() []string {
	var list []string
	for _, a := range architectures {
		for _, d := range a.depths {
			for _, v := range a.variants {
				name := string(a.name) + " " + d
				if v.name != torchvision {
					name += " " + v.name
				}
				list = append(list, name)
			}
		}
	}
	return list
}
