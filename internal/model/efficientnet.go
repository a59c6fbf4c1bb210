package model

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
	"acol/internal/weights"
)

// efficientNets is EfficientNet (Tan and Le 2019, arXiv 1905.11946) as torchvision has it. A
// smaller output stride turns the last strides to 1.
var efficientNets = architecture{
	name: "efficientnet",
	networks: []network{
		{"b0", "efficientnet_b0", []published{
			{"efficientnet_b0_rwightman-7f5810bc.pth", 20.451, 5288548, 77.692},
		}},
		{"b1", "efficientnet_b1", []published{
			{"efficientnet_b1_rwightman-bac287d4.pth", 30.134, 7794184, 78.642},
			{"efficientnet_b1-c27df63c.pth", 30.136, 7794184, 79.838},
		}},
		{"b2", "efficientnet_b2", []published{
			{"efficientnet_b2_rwightman-c35c1473.pth", 35.174, 9109994, 80.608},
		}},
		{"b3", "efficientnet_b3", []published{
			{"efficientnet_b3_rwightman-b3899882.pth", 47.184, 12233232, 82.008},
		}},
		{"b4", "efficientnet_b4", []published{
			{"efficientnet_b4_rwightman-23ab8bcd.pth", 74.489, 19341616, 83.384},
		}},
	},
	variants: plain(32, 16, 8),
	stages:   5, stageNote: "efficientnet's begin where the map is halved",
	classifier: classifier{layer: "classifier.1"}, schemes: []scheme{timmEfficientNet},
	sides:  map[string]int{"b1": 240, "b2": 288, "b3": 300, "b4": 380},
	scales: true, skips: true, build: efficientNet,
}

// efficientScales holds the factors on the channels and on the number of blocks of b0.
var efficientScales = map[string]struct{ width, depth float64 }{
	"b0": {1, 1}, "b1": {1, 1.1}, "b2": {1.1, 1.2}, "b3": {1.2, 1.4}, "b4": {1.4, 1.8},
}

// efficientBlocks are the rows of b0: stage, stride of the first block, kernel, the factor by
// which they expand inside, channels out, and how many.
var efficientBlocks = []struct{ stage, stride, kernel, expand, out, blocks int }{
	{1, 1, 3, 1, 16, 1},
	{2, 2, 3, 6, 24, 2},
	{3, 2, 5, 6, 40, 2},
	{4, 2, 3, 6, 80, 3},
	{4, 1, 5, 6, 112, 3},
	{5, 2, 5, 6, 192, 4},
	{5, 1, 3, 6, 320, 1},
}

// efficientNet maps images (N,3,H,W) to features (N,C,H/s,W/s), s the output stride. C is 1280 of
// b0 and b1, and more of the others.
func efficientNet(b *builder, x *G.Node) *G.Node {
	scale := efficientScales[b.cfg.Backbone.Depth]
	width := func(c int) int { return eights(float64(c) * scale.width * b.cfg.Backbone.Width) }
	b.enter(1)
	stem := convSpec{out: width(32), kernel: 3, stride: 2, pad: 1}
	x = b.mark("features.0", efficientConv(b, "features.0", x, stem))
	stride, out := 2, 0
	at, all := 0, 0 // blocks
	for _, r := range efficientBlocks {
		all += efficientDepth(r.blocks, scale.depth)
	}
	for i, r := range efficientBlocks {
		if r.stage != b.stage && !b.enter(r.stage) {
			return x
		}
		s := b.within(r.stride, stride)
		stride *= s
		out = width(r.out)
		for j := range efficientDepth(r.blocks, scale.depth) {
			name := fmt.Sprintf("features.%d.%d", i+1, j)
			c := convSpec{out: out, kernel: r.kernel, stride: s, pad: r.kernel / 2}
			depth := float64(at) / float64(all)
			x = b.mark(name, squeezedResidual(b, name+".block", x, r.expand, c, depth))
			s, at = 1, at+1
		}
		x = b.mark(fmt.Sprintf("features.%d", i+1), x)
	}
	last := fmt.Sprintf("features.%d", len(efficientBlocks)+1)
	c := convSpec{out: 4 * out, kernel: 1, stride: 1}
	return b.mark(last, efficientConv(b, last, x, c))
}

// efficientDepth is how many blocks a row of efficientBlocks has in a network of that factor.
func efficientDepth(blocks int, factor float64) int {
	return int(math.Ceil(float64(blocks) * factor))
}

// squeezedResidual is an inverted residual block with a squeeze-and-excite inside. depth is its
// share of the rate of stochastic depth.
func squeezedResidual(
	b *builder, name string, x *G.Node, expand int, c convSpec, depth float64,
) *G.Node {
	if b.err != nil {
		return nil
	}
	in, y, at := x.Shape()[1], x, 0
	next := func() string { at++; return fmt.Sprintf("%s.%d", name, at-1) }
	out, inner := c.out, eights(float64(in*expand))
	if expand != 1 {
		y = efficientConv(b, next(), y, convSpec{out: inner, kernel: 1, stride: 1})
	}
	c.out, c.groups = inner, inner
	y = efficientConv(b, next(), y, c)
	y = excite(b, next(), y, max(1, in/4))
	project := next()
	y = b.conv(project+".0", y, convSpec{out: out, kernel: 1, stride: 1, weightInit: kaimingNormal})
	y = b.norm(project+".1", y)
	if c.stride == 1 && in == out {
		y = b.add(name, x, b.skip(name, y, depth))
	}
	return y
}

// excite adds a squeeze-and-excite layer, which scales the channels of x by a function of their
// means.
func excite(b *builder, name string, x *G.Node, squeeze int) *G.Node {
	if b.err != nil {
		return nil
	}
	fc := func(layer string, x *G.Node, out int) *G.Node {
		return b.conv(name+layer, x, convSpec{
			out: out, kernel: 1, stride: 1, bias: true,
			weightInit: kaimingNormal, biasInit: constant(0),
		})
	}
	s := b.layer(name, func() (*G.Node, error) { return op.SpatialMean(x) })
	s = fc(".fc2", silu(b, fc(".fc1", s, squeeze)), x.Shape()[1])
	s = b.layer(name, func() (*G.Node, error) { return op.Sigmoid(s) })
	return b.layer(name, func() (*G.Node, error) { return op.ScaleChannels(x, s) })
}

// efficientConv adds a convolution with a batch norm and SiLU.
func efficientConv(b *builder, name string, x *G.Node, c convSpec) *G.Node {
	c.weightInit = kaimingNormal
	return silu(b, b.norm(name+".1", b.conv(name+".0", x, c)))
}

func silu(b *builder, x *G.Node) *G.Node {
	return b.layer("silu", func() (*G.Node, error) { return op.SiLU(x) })
}

// timmEfficientNet is timm's EfficientNet. The table is that of b4, the deepest network here: the
// others have some of its names and no others.
var timmEfficientNet = scheme{
	name: "timm-efficientnet", title: "timm's names of EfficientNet",
	marks: []string{"conv_stem.weight", "blocks.0.0.se.conv_reduce.weight"},
	pairs: func(Config) []weights.Pair {
		separable := []weights.Pair{
			{Outside: "conv_dw.*", Acol: "0.0.*"}, {Outside: "bn1.*", Acol: "0.1.*"},
			{Outside: "se.conv_reduce.*", Acol: "1.fc1.*"},
			{Outside: "se.conv_expand.*", Acol: "1.fc2.*"},
			{Outside: "conv_pw.*", Acol: "2.0.*"}, {Outside: "bn2.*", Acol: "2.1.*"},
		}
		inverted := []weights.Pair{
			{Outside: "conv_pw.*", Acol: "0.0.*"}, {Outside: "bn1.*", Acol: "0.1.*"},
			{Outside: "conv_dw.*", Acol: "1.0.*"}, {Outside: "bn2.*", Acol: "1.1.*"},
			{Outside: "se.conv_reduce.*", Acol: "2.fc1.*"},
			{Outside: "se.conv_expand.*", Acol: "2.fc2.*"},
			{Outside: "conv_pwl.*", Acol: "3.0.*"}, {Outside: "bn3.*", Acol: "3.1.*"},
		}
		table := timmStem()
		for s, row := range efficientBlocks {
			block := inverted
			if row.expand == 1 {
				block = separable
			}
			for i := range efficientDepth(row.blocks, efficientScales["b4"].depth) {
				outside := fmt.Sprintf("blocks.%d.%d.", s, i)
				ours := fmt.Sprintf("features.%d.%d.block.", s+1, i)
				table = append(table, weights.Under(outside, ours, block)...)
			}
		}
		return append(table, timmHead(len(efficientBlocks)+1)...)
	},
}
