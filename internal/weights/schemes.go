package weights

import (
	"fmt"
	"slices"
	"strings"
)

// pair is a line of a table of names: a * stands for the same text on both sides. Where the ranks are given, a tensor of outRank axes has
// rank of them in acol: axes of length 1 behind (a linear layer is a 1x1 convolution).
type pair struct {
	outside, acol string
	outRank, rank int
}

// nameScheme is whose names a file has.
type nameScheme struct {
	name, title string
	// marks are patterns that each need a tensor: how a file is known.
	marks []string
	// pairs gives the table for a target; for the zero Target one that reads any.
	pairs func(Target) []pair
}

// schemes are told apart in this order; the last is of every other file.
var schemes = []nameScheme{
	{"acol", "acol's names", []string{"branches.0.classifier.weight"}, func(Target) []pair { return []pair{{outside: "branches.*", acol: "branches.*"}} }},
	// https://github.com/xiaomengyc/ACoL, models/vgg
	{"authors", "the ACoL authors' names", []string{"cls.0.weight", "cls.4.weight"}, func(Target) []pair {
		return append(convHead("cls", 0), convHead("cls_erase", 1)...)
	}},
	// https://github.com/clovaai/wsolevaluation, wsol
	{"wsol", "wsolevaluation's names", []string{"classifier_A.0.weight", "classifier_A.4.weight"}, func(Target) []pair {
		return append(convHead("classifier_A", 0), convHead("classifier_B", 1)...)
	}},
	{"wsol-cam-vgg", "the names of wsolevaluation's CAM on VGG", []string{"conv6.weight", "fc.weight"}, func(Target) []pair {
		return []pair{{outside: "conv6.*", acol: "branches.0.conv1.*"}, linear("fc.*", 0)}
	}},
	{"wsol-cam-inception", "the names of wsolevaluation's CAM on Inception", []string{"SPG_A3_1b.0.weight", "SPG_A4.weight"}, func(Target) []pair {
		return []pair{
			{outside: "SPG_A3_1b.0.*", acol: "branches.0.conv1.*"}, {outside: "SPG_A3_2b.0.*", acol: "branches.0.conv2.*"},
			{outside: "SPG_A4.*", acol: "branches.0.classifier.*"},
		}
	}},
	// https://github.com/junkwhinger/adversarial_complementary_learning
	{"junkwhinger", "the names of junkwhinger's reimplementation", []string{"classifiers.0*.0.weight", "backbone.0.weight"}, junkwhinger},
	{"timm-mobilenet", "timm's names of MobileNetV2", []string{"conv_stem.weight", "blocks.0.0.conv_dw.weight", "blocks.6.0.conv_pwl.weight", "!blocks.0.0.se.*"}, timmMobileNet},
	{"timm-efficientnet", "timm's names of EfficientNet", []string{"conv_stem.weight", "blocks.0.0.se.conv_reduce.weight"}, timmEfficientNet},
	{"timm-convnext", "timm's names of ConvNeXt", []string{"stem.0.weight", "stages.0.blocks.0.gamma"}, timmConvNeXt},
	{"timm-vgg", "timm's names of VGG", []string{"features.0.weight", "head.fc.weight"}, func(Target) []pair {
		return []pair{
			{outside: "pre_logits.fc1.*", acol: "classifier.0.*"}, {outside: "pre_logits.fc2.*", acol: "classifier.3.*"},
			{outside: "head.fc.*", acol: "classifier.6.*"},
		}
	}},
	{"torchvision", "torchvision's names", nil, torchvision},
}

// detectScheme finds whose names d has behind a prefix; a mark with ! must have no tensor.
func detectScheme(d *StateDict, prefix string) nameScheme {
	i := slices.IndexFunc(schemes, func(s nameScheme) bool {
		return !slices.ContainsFunc(s.marks, func(mark string) bool {
			mark, not := strings.CutPrefix(mark, "!")
			return slices.ContainsFunc(d.names, func(name string) bool {
				_, ok := matchStar(mark, strings.TrimPrefix(name, prefix))
				return ok
			}) == not
		})
	})
	return schemes[i]
}

// convHead is the head of the authors and of wsolevaluation, a Sequential of 3x3, ReLU, 3x3, ReLU, 1x1.
func convHead(name string, branch int) []pair {
	to := fmt.Sprintf("branches.%d.", branch)
	return []pair{
		{outside: name + ".0.*", acol: to + "conv1.*"}, {outside: name + ".2.*", acol: to + "conv2.*"},
		{outside: name + ".4.*", acol: to + "classifier.*"},
	}
}

// linear is a linear layer outside that is a 1x1 convolution in acol.
func linear(outside string, branch int) pair {
	return pair{outside: outside, acol: fmt.Sprintf("branches.%d.classifier.*", branch), outRank: 2, rank: 4}
}

// torchvision's classifiers of one layer are the first branch's linear head: the mean of a 1x1 convolution's maps is a linear layer of
// the mean. SqueezeNet's is a 1x1 convolution already (with a ReLU behind it that acol has not).
func torchvision(t Target) []pair {
	fc, second := linear("fc.*", 0), linear("classifier.1.*", 0)
	switch {
	case t.Arch == "":
		return []pair{fc, second}
	case t.Head != "linear":
		return nil
	case t.Arch == "squeezenet":
		return []pair{{outside: "classifier.1.*", acol: "branches.0.classifier.*"}}
	case strings.HasPrefix(t.Arch, "mobilenet"), strings.HasPrefix(t.Arch, "efficientnet"):
		return []pair{second}
	case strings.HasPrefix(t.Arch, "vgg"), strings.HasPrefix(t.Arch, "convnext"):
		return nil
	}
	return []pair{fc}
}

// junkwhinger's backbone is a Sequential of torchvision's ResNet's children; a branch's name has its number and kind.
func junkwhinger(t Target) []pair {
	p := []pair{{outside: "backbone.0.*", acol: "conv1.*"}, {outside: "backbone.1.*", acol: "bn1.*"}}
	for i := range 4 {
		p = append(p, pair{outside: fmt.Sprintf("backbone.%d.*", i+4), acol: fmt.Sprintf("layer%d.*", i+1)})
	}
	for i := range 16 {
		kinds := "pn"
		if i < len(t.Kinds) {
			kinds = t.Kinds[i : i+1]
		}
		for _, kind := range kinds {
			p = append(p, pair{outside: fmt.Sprintf("classifiers.%d%c.0.*", i, kind), acol: fmt.Sprintf("branches.%d.classifier.*", i)})
		}
	}
	return p
}
