package model

import (
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// vggs is VGG (Simonyan and Zisserman 2014, arXiv 1409.1556) with and without
// batch norm. torchvision's has 2x2 pools of stride 2; a smaller output stride leaves out
// the last ones, as wsolevaluation's CAM does (16 and 8). acol has 3x3 pools with
// padding 1, of which a smaller output stride turns the last to stride 1: 8 is the
// ACoL authors' D1 structure (224 px to 28x28), 16 wsolevaluation's ACoL.
var vggs = architecture{
	name:     "vgg",
	depths:   []string{"11", "13", "16", "19", "11_bn", "13_bn", "16_bn", "19_bn"},
	usual:    "16",
	variants: []variant{{torchvision, []int{32, 16, 8}}, {"acol", []int{8, 16}}},
	stages:   5, stageNote: "a vgg's end with its pools",
	scales: true, drops: true,
	build: vgg,
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
			x = b.conv(next(), x, vggConv(b.width(min(64<<s, 512))))
			if norm {
				x = b.norm(next(), x)
			}
			x = b.relu(x)
			next()
		}
		if s > 2 {
			x = b.attentionDrop(x)
		}
		x = vggPool(b, next(), x, 2<<s <= b.outputStride())
		if s == 2 {
			x = b.attentionDrop(x)
		}
	}
	return x
}

// vggPool ends a stage; halve tells that the output stride allows it to.
func vggPool(b *builder, name string, x *G.Node, halve bool) *G.Node {
	switch {
	case b.variant() == "acol" && halve:
		return b.maxPool(name, x, op.PoolAttr{Size: 3, Stride: 2, Pad: 1})
	case b.variant() == "acol":
		return b.maxPool(name, x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1})
	case halve:
		return b.maxPool(name, x, op.PoolAttr{Size: 2, Stride: 2})
	}
	return x
}

func vggConv(out int) convSpec {
	return convSpec{out: out, kernel: 3, stride: 1, pad: 1, bias: true, weightInit: kaimingNormal, biasInit: constant(0)}
}
