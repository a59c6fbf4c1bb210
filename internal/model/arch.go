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

// architecture is a family of backbones, and all that acol knows of it: its networks and the files
// that are published for them, how it is built, cut and scaled, and the names that other programs
// give to its tensors. A new family is a file that declares one and a line in architectures;
// docs/backbones.md says how.
type architecture struct {
	name Arch
	// networks are the members of the family, by model.backbone.depth.
	networks []network
	// usual is the depth of the member that is meant where nobody says; empty is the first.
	usual string
	// variants are the values of backbone.variant; an empty one means the first.
	variants []variant
	// stages is how many stages there are to cut and freeze. stageNote says what they are.
	stages    int
	stageNote string
	// scales says that backbone.width may be other than 1.
	scales bool
	// places says that the family has places for attention dropout layers and for SPG's branches.
	// dropsInHead says that one more of the former is before the classifier of each branch.
	places, dropsInHead bool
	// guideStage is the last stage that one of SPG's branches looks into. guideWidths are the
	// published numbers of channels inside its branches B1 and B2, and inside C; zeros where
	// nothing is published.
	guideStage  int
	guideWidths [2]int
	// skips says that torchvision trains the family with stochastic depth.
	skips bool
	// scale is the scale of the images on which torchvision's published weights were trained; the
	// zero value is ImageNet's.
	scale inputScale
	// sides are those of the images, in pixels, that torchvision evaluates networks on, by depth;
	// it is usualSide of those that are not there.
	sides map[string]int
	// classifier is the layer of torchvision's network that a linear head stands for.
	classifier classifier
	// extra are patterns of tensors, as in weights.DropRule, that published files have and that a
	// variant does without, such as auxiliary classifiers.
	extra []string
	// schemes are the names that other programs than torchvision give to networks of the family.
	schemes []scheme
	// least is a side of images, in pixels, that is large enough for the network; 0 is declareSize.
	least int
	// eps is the epsilon of batch norm; 0 is normEps.
	eps float32
	// build maps images (N,3,H,W) to features (N,C,h,w).
	build func(b *builder, x *G.Node) *G.Node
}

// network is a member of a family.
type network struct {
	// depth is its value of model.backbone.depth.
	depth string
	// torchvision is the name of the function in torchvision.models that makes it.
	torchvision string
	// published are the files of torchvision's weights for ImageNet-1k: IMAGENET1K_V1 and, where
	// there is one, IMAGENET1K_V2.
	published []published
}

// variant is a structure of a family whose parameters have the same names.
type variant struct {
	name string
	// strides are the values of backbone.output_stride; 0 means the first.
	strides []int
	// unpublished says that torchvision's published files do not fit it. elsewhere says that others
	// have published a whole classifier.
	unpublished, elsewhere bool
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

// architectures lists all families of backbones.
var architectures = []architecture{
	resNets, resNeXts, wideResNets, vggs, googLeNets, inceptions,
	mobileNets, squeezeNets, efficientNets, convNeXts,
}

// torchvision is the name of the variant that is torchvision's network.
const torchvision = "torchvision"

// plain are the variants of most families: torchvision's alone.
func plain(strides ...int) []variant { return []variant{{name: torchvision, strides: strides}} }

// UsualDepth returns the depth that is meant where only the family is named.
func UsualDepth(arch Arch) (string, bool) {
	a, ok := findArchitecture(arch)
	if !ok {
		return "", false
	}
	return cmp.Or(a.usual, a.networks[0].depth), true
}

// RecipeDepth returns the depth that a recipe means where it names the family alone: the default
// network's for its family, so that old recipes keep their network, else UsualDepth. ok is false
// where there is no such family.
func RecipeDepth(arch Arch) (depth string, ok bool) {
	if d := DefaultConfig().Backbone; arch == d.Arch {
		return d.Depth, true
	}
	return UsualDepth(arch)
}

// FindNetwork returns the family and depth of a network by its name: torchvision's (squeezenet1_1)
// or the two words of a recipe (squeezenet 1.1), in any case and with any marks between its words.
func FindNetwork(name string) (arch Arch, depth string, ok bool) {
	for _, a := range architectures {
		for _, n := range a.networks {
			if name := plainNetwork(name); name == plainNetwork(string(a.name)+n.depth) ||
				name == plainNetwork(n.torchvision) {
				return a.name, n.depth, true
			}
		}
	}
	return "", "", false
}

// plainNetwork returns the letters and digits of a network's name, in lower case: people write
// ResNet-50, mobilenetv2 and vgg16-bn.
func plainNetwork(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ._-", r) {
			return -1
		}
		return r
	}, strings.ToLower(name))
}

func findArchitecture(name Arch) (architecture, bool) {
	i := slices.IndexFunc(architectures, func(a architecture) bool { return a.name == name })
	if i < 0 {
		return architecture{}, false
	}
	return architectures[i], true
}

// depths lists the values of backbone.depth.
func (a architecture) depths() []string {
	list := make([]string, len(a.networks))
	for i, n := range a.networks {
		list[i] = n.depth
	}
	return list
}

// network returns the member of the family of that depth.
func (a architecture) network(depth string) (network, bool) {
	i := slices.IndexFunc(a.networks, func(n network) bool { return n.depth == depth })
	if i < 0 {
		return network{}, false
	}
	return a.networks[i], true
}

// variant returns the variant of that name; an empty name is the first's.
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

// validate reports the settings of a recipe that no network of the family has.
func (a architecture) validate(b Backbone, bad func(key, msg string)) {
	choice.Among(bad, "backbone.depth", b.Depth, a.depths()...)
	v, ok := a.variant(b.Variant)
	if !ok {
		names := make([]string, len(a.variants))
		for i, v := range a.variants {
			names[i] = v.name
		}
		choice.Among(bad, "backbone.variant", b.Variant, names...)
	} else if b.OutputStride != 0 && !slices.Contains(v.strides, b.OutputStride) {
		strides := strings.ReplaceAll(strings.Trim(fmt.Sprint(v.strides), "[]"), " ", ", ")
		bad("backbone.output_stride", fmt.Sprintf("%d is not one of %s of a %s %s "+
			"(0 is %d, its own)", b.OutputStride, strides, v.name, a.name, v.strides[0]))
	}
	for _, s := range []struct {
		key string
		n   int
		all string
	}{{"stages", b.Stages, "; 0 is all"}, {"freeze_stages", b.FreezeStages, ""}} {
		if s.n < 0 || s.n > a.stages {
			bad("backbone."+s.key,
				fmt.Sprintf("%d is not in 0 to %d (%s%s)", s.n, a.stages, a.stageNote, s.all))
		}
	}
	b.AttentionDropout.validate(a, bad)
	b.validateDepth(a, bad)
	if b.Width != 1 && !a.scales {
		bad("backbone.width", fmt.Sprintf("%g: a %s has no width other than 1", b.Width, a.name))
	}
}

// outputStride returns the output stride that the recipe asks for, or the variant's own.
func (b *builder) outputStride() int {
	c := b.cfg.Backbone
	if c.OutputStride != 0 {
		return c.OutputStride
	}
	v, _ := b.arch.variant(c.Variant)
	return v.strides[0]
}

// within returns a layer's stride, or 1 where that stride would take an input of stride at beyond
// the output stride.
func (b *builder) within(stride, at int) int {
	if stride > 1 && at >= b.outputStride() {
		return 1
	}
	return stride
}

// variant returns the name of the variant that is being built.
func (b *builder) variant() string {
	v, _ := b.arch.variant(b.cfg.Backbone.Variant)
	return v.name
}

// width returns a published number of channels times the recipe's factor.
func (b *builder) width(channels int) int {
	return max(1, int(math.Round(float64(channels)*b.cfg.Backbone.Width)))
}

// Networks lists every network of every family as a string of its arch, its depth and, unless it is
// torchvision's, its variant: "vgg 16 acol".
func Networks() []string {
	var list []string
	for _, a := range architectures {
		for _, d := range a.depths() {
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

// familiesOf lists the names of the families for which has holds.
func familiesOf(has func(architecture) bool) string {
	var names []string
	for _, a := range architectures {
		if has(a) {
			names = append(names, string(a.name))
		}
	}
	return strings.Join(names, ", ")
}
