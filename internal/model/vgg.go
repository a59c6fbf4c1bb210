package model

import (
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
	"acol/internal/weights"
)

// vggs is VGG (Simonyan and Zisserman 2014, arXiv 1409.1556) with and without
// batch norm. torchvision's has 2x2 pools of stride 2; a smaller output stride leaves out
// the last ones, as wsolevaluation's CAM does (16 and 8). acol has 3x3 pools with
// padding 1, of which a smaller output stride turns the last to stride 1: 8 is the
// ACoL authors' D1 structure (224 px to 28x28), 16 wsolevaluation's ACoL.
var vggs = architecture{
	name: "vgg",
	networks: []network{
		{"11", "vgg11", []published{{"vgg11-8a719046.pth", 506.84, 132863336, 69.02}}},
		{"13", "vgg13", []published{{"vgg13-19584684.pth", 507.545, 133047848, 69.928}}},
		{"16", "vgg16", []published{{"vgg16-397923af.pth", 527.796, 138357544, 71.592}}},
		{"19", "vgg19", []published{{"vgg19-dcbb9e9d.pth", 548.051, 143667240, 72.376}}},
		{"11_bn", "vgg11_bn", []published{{"vgg11_bn-6002323d.pth", 506.881, 132868840, 70.37}}},
		{"13_bn", "vgg13_bn", []published{{"vgg13_bn-abd245e5.pth", 507.59, 133053736, 71.586}}},
		{"16_bn", "vgg16_bn", []published{{"vgg16_bn-6c64b313.pth", 527.866, 138365992, 73.36}}},
		{"19_bn", "vgg19_bn", []published{{"vgg19_bn-c79401a0.pth", 548.143, 143678248, 74.218}}},
	},
	usual: "16",
	variants: []variant{
		{name: torchvision, strides: []int{32, 16, 8}}, {name: "acol", strides: []int{8, 16}},
	},
	stages: 5, stageNote: "a vgg's end with its pools",
	classifier: classifier{
		whyNot: "three layers, of which the first sees all positions of the map at once",
		own:    &ownHead{last: "classifier.6", width: 4096, build: vggEnd},
	},
	scales: true, places: true, guideStage: 5, guideWidths: [2]int{512, 512},
	schemes: []scheme{authors, wsolSPGOnVGG, wsolVGG, timmVGG},
	build:   vgg,
}

// vggConvs lists the convolutions of each stage.
var vggConvs = map[string][5]int{
	"11": {1, 1, 2, 2, 2},
	"13": {2, 2, 2, 2, 2},
	"16": {2, 2, 3, 3, 3},
	"19": {2, 2, 4, 4, 4},
}

// vgg maps images (N,3,H,W) to (N,512,h,w). Its names are torchvision's in every
// variant: a pool that is left out keeps its number.
func vgg(b *builder, x *G.Node) *G.Node {
	depth, norm := strings.CutSuffix(b.cfg.Backbone.Depth, "_bn")
	at := 0
	next := func() string { at++; return fmt.Sprintf("features.%d", at-1) }
	for s, convs := range vggConvs[depth] {
		if !b.enter(s + 1) {
			break
		}
		for range convs {
			name := next()
			x = b.mark(name, b.conv(name, x, vggConv(b.width(min(64<<s, 512)))))
			if norm {
				name = next()
				x = b.mark(name, b.norm(name, x))
			}
			x = b.mark(next(), b.relu(x))
		}
		if s > 2 {
			x = b.attentionDrop(x)
		}
		if s == 4 {
			b.guideFrom(2, x)
		}
		name := next()
		x = b.mark(name, vggPool(b, name, x, s, 2<<s <= b.outputStride()))
		if s == 3 {
			b.guideFrom(1, x)
		}
		if s == 2 {
			x = b.attentionDrop(x)
		}
	}
	return x
}

// vggPool ends stage s, from 0. halve says that the output stride allows the pool to halve the map.
// With SPG, wsolevaluation's pool before the last stage is one of 3x3.
func vggPool(b *builder, name string, x *G.Node, s int, halve bool) *G.Node {
	switch {
	case halve && (b.variant() == "acol" || s == 3 && b.cfg.SPG.Use):
		return b.maxPool(name, x, op.PoolAttr{Size: 3, Stride: 2, Pad: 1})
	case b.variant() == "acol":
		return b.maxPool(name, x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1})
	case halve:
		return b.maxPool(name, x, op.PoolAttr{Size: 2, Stride: 2})
	}
	return x
}

func vggConv(out int) convSpec {
	return convSpec{
		out: out, kernel: 3, stride: 1, pad: 1,
		bias: true, weightInit: kaimingNormal, biasInit: constant(0),
	}
}

// authors is the code of the paper's authors, https://github.com/xiaomengyc/ACoL, models/vgg.
var authors = scheme{
	name: "authors", title: "the ACoL authors' names",
	marks:  []string{"cls.0.weight", "cls.4.weight"},
	format: "authors",
	fits: func(c Config) error {
		if c.Backbone.Arch != "vgg" {
			return fmt.Errorf("the authors' network is a VGG, the recipe's a %s", c.Backbone.Arch)
		}
		if b := c.Branches; len(b.Kinds) > 2 || !publishedHead(b) {
			return fmt.Errorf("the authors' network has one or two conv heads of %d channels, "+
				"the recipe %d %s of %d", publishedHeadWidth, len(b.Kinds), b.Head, b.HeadWidth)
		}
		return nil
	},
	pairs: func(Config) []weights.Pair {
		return append(convHead("cls", 0), convHead("cls_erase", 1)...)
	},
}

// wsolVGG is the VGG of wsolevaluation's CAM, https://github.com/clovaai/wsolevaluation,
// wsol/vgg.py.
var wsolVGG = scheme{
	name: "wsol-cam-vgg", title: "the names of wsolevaluation's CAM on VGG",
	marks:  []string{"conv6.weight", "fc.weight"},
	format: "wsol",
	fits: func(c Config) error {
		return onlyOneHead(c, "vgg", Conv6Head)
	},
	pairs: func(Config) []weights.Pair {
		return []weights.Pair{
			{Outside: "conv6.*", Acol: "branches.0.conv1.*"}, classifier{layer: "fc"}.pair(),
		}
	},
}

// timmVGG is timm's VGG. Its classifier has three layers, so that it is no head of acol.
var timmVGG = scheme{
	name: "timm-vgg", title: "timm's names of VGG",
	marks: []string{"features.0.weight", "head.fc.weight"},
	pairs: func(Config) []weights.Pair {
		return []weights.Pair{
			{Outside: "pre_logits.fc1.*", Acol: "classifier.0.*"},
			{Outside: "pre_logits.fc2.*", Acol: "classifier.3.*"},
			{Outside: "head.fc.*", Acol: "classifier.6.*"},
		}
	},
}
