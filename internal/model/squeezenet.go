package model

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// squeezeNets are SqueezeNets (Iandola et al. 2016, arXiv 1602.07360).
var squeezeNets = architecture{
	name: "squeezenet",
	networks: []network{
		{"1.0", "squeezenet1_0", []published{
			{"squeezenet1_0-b66bff10.pth", 4.778, 1248424, 58.092},
		}},
		{"1.1", "squeezenet1_1", []published{
			{"squeezenet1_1-b8a52dc0.pth", 4.729, 1235496, 58.178},
		}},
	},
	usual:    "1.1",
	variants: plain(16), stages: 4, stageNote: "squeezenet's end at its pools",
	classifier: classifier{layer: "classifier.1", conv: true, relu: true},
	places:     true, guideStage: 4,
	build: squeezeNet,
}

// fires lists torchvision's features after the first activation: a fire module has
// squeeze and expand channels, a zero is the pool at that index.
var fires = map[string][]struct{ squeeze, expand int }{
	"1.0": {
		{}, {16, 64}, {16, 64}, {32, 128}, // features.2 is a pool, and so on
		{}, {32, 128}, {48, 192}, {48, 192}, {64, 256},
		{}, {64, 256},
	},
	"1.1": {
		{}, {16, 64}, {16, 64},
		{}, {32, 128}, {32, 128},
		{}, {48, 192}, {48, 192}, {64, 256}, {64, 256},
	},
}

// squeezePlaces are the features behind which acol has the layers of two methods that nobody has
// published for a SqueezeNet: what SPG's B1 and B2 see, and the attention dropout layers. They are
// chosen as on a VGG, counted from the end: B1 sees the pool that begins the last stage and B2 that
// stage's middle; the layers are behind the pool before that, and at the end of both stages.
var squeezePlaces = map[string]struct {
	guides [2]int
	drops  [3]int
}{
	"1.0": {[2]int{11, 12}, [3]int{6, 10, 12}},
	"1.1": {[2]int{8, 10}, [3]int{5, 7, 12}},
}

// squeezeNet maps images (N,3,H,W) to (N,512,H/16,W/16), under torchvision's
// names. Its stages are what lies between the pools.
func squeezeNet(b *builder, x *G.Node) *G.Node {
	first := squeezeConv(64, 3, 2, 0)
	if b.cfg.Backbone.Depth == "1.0" {
		first = squeezeConv(96, 7, 2, 0)
	}
	b.enter(1)
	x = b.mark("features.0", b.conv("features.0", x, first))
	x = b.mark("features.1", b.relu(x))
	for i, f := range fires[b.cfg.Backbone.Depth] {
		name := fmt.Sprintf("features.%d", i+2)
		switch {
		case f.squeeze > 0:
			x = b.mark(name, fire(b, name, x, f.squeeze, f.expand))
		case b.enter(b.stage + 1):
			x = b.mark(name, b.maxPool(name, x, op.PoolAttr{Size: 3, Stride: 2, Ceil: true}))
		default:
			return x
		}
		at := squeezePlaces[b.cfg.Backbone.Depth]
		if branch := slices.Index(at.guides[:], i+2); branch >= 0 {
			b.guideFrom(branch+1, x)
		}
		if slices.Contains(at.drops[:], i+2) {
			x = b.attentionDrop(x)
		}
	}
	return x
}

// fire squeezes x by a 1x1 convolution and expands it by a 1x1 and a 3x3 one
// side by side.
func fire(b *builder, name string, x *G.Node, squeeze, expand int) *G.Node {
	x = b.relu(b.conv(name+".squeeze", x, squeezeConv(squeeze, 1, 1, 0)))
	one := b.relu(b.conv(name+".expand1x1", x, squeezeConv(expand, 1, 1, 0)))
	three := b.relu(b.conv(name+".expand3x3", x, squeezeConv(expand, 3, 1, 1)))
	return b.concat(name, one, three)
}

func squeezeConv(out, kernel, stride, pad int) convSpec {
	return convSpec{
		out: out, kernel: kernel, stride: stride, pad: pad,
		bias: true, weightInit: kaimingUniform, biasInit: constant(0),
	}
}
