package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/weights"
)

// mobileNets is MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) as torchvision has it; its
// channels are multiples of 8 at any width. A smaller output stride turns the last strides to 1.
var mobileNets = architecture{
	name: "mobilenet",
	networks: []network{
		{"v2", "mobilenet_v2", []published{
			{"mobilenet_v2-b0353104.pth", 13.555, 3504872, 71.878},
			{"mobilenet_v2-7ebf99e0.pth", 13.598, 3504872, 72.154},
		}},
	},
	variants: plain(32, 16, 8), stages: 5, stageNote: "mobilenet's begin where the map is halved",
	scales: true, places: true, guideStage: 4, classifier: classifier{layer: "classifier.1"},
	schemes: []scheme{timmMobileNet},
	build:   mobileNet,
}

// bottlenecks are rows of inverted residual blocks: the first one's stride, the factor by which
// they expand inside, channels out, and how many.
var bottlenecks = []struct{ stage, stride, expand, out, blocks int }{
	{1, 1, 1, 16, 1},
	{2, 2, 6, 24, 2},
	{3, 2, 6, 32, 3},
	{4, 2, 6, 64, 4},
	{4, 1, 6, 96, 3},
	{5, 2, 6, 160, 3},
	{5, 1, 6, 320, 1},
}

// mobileNet maps images (N,3,H,W) to (N,1280,H/s,W/s), s the output stride.
func mobileNet(b *builder, x *G.Node) *G.Node {
	width := b.cfg.Backbone.Width
	b.enter(1)
	stem := convSpec{out: eights(32 * width), kernel: 3, stride: 2, pad: 1}
	x = b.mark("features.0", mobileConv(b, "features.0.0", "features.0.1", x, stem))
	at, stride := 1, 2 // of the image to x
	for _, r := range bottlenecks {
		if r.stage != b.stage && !b.enter(r.stage) {
			return x
		}
		s := b.within(r.stride, stride)
		stride *= s
		for range r.blocks {
			name, out := fmt.Sprintf("features.%d.conv", at), eights(float64(r.out)*width)
			x = invertedResidual(b, name, x, r.expand, out, s)
			x = b.mark(fmt.Sprintf("features.%d", at), x)
			switch at {
			case 7: // the first of stage 4
				b.guideFrom(1, x)
			case 13: // the last of stage 4
				b.guideFrom(2, x)
			}
			if at == 6 || at == 13 { // the last of stages 3 and 4
				x = b.attentionDrop(x)
			}
			s = 1
			at++
		}
	}
	name := fmt.Sprintf("features.%d", at)
	last := convSpec{out: eights(1280 * max(width, 1)), kernel: 1, stride: 1}
	x = b.mark(name, mobileConv(b, name+".0", name+".1", x, last))
	return b.attentionDrop(x)
}

// invertedResidual expands x, filters each channel and projects it to out channels, which are
// added to x where they can be.
func invertedResidual(b *builder, name string, x *G.Node, expand, out, stride int) *G.Node {
	if b.err != nil {
		return nil
	}
	in, y, at := x.Shape()[1], x, 0
	next := func() string { at++; return fmt.Sprintf("%s.%d", name, at-1) }
	inner := in * expand
	if expand != 1 {
		n := next()
		y = mobileConv(b, n+".0", n+".1", y, convSpec{out: inner, kernel: 1, stride: 1})
	}
	n := next()
	depthwise := convSpec{out: inner, kernel: 3, stride: stride, pad: 1, groups: inner}
	y = mobileConv(b, n+".0", n+".1", y, depthwise)
	project := convSpec{out: out, kernel: 1, stride: 1, weightInit: kaimingNormal}
	y = b.conv(next(), y, project)
	y = b.norm(next(), y)
	if stride == 1 && in == out {
		y = b.add(name, x, y)
	}
	return y
}

// mobileConv adds a convolution, a batch norm and ReLU6.
func mobileConv(b *builder, conv, norm string, x *G.Node, c convSpec) *G.Node {
	c.weightInit = kaimingNormal
	return b.relu6(b.norm(norm, b.conv(conv, x, c)))
}

// eights rounds a number of channels to a multiple of 8, but not down by more than a tenth, as
// torchvision's _make_divisible does.
func eights(v float64) int {
	n := max(8, int(v+4)/8*8)
	if float64(n) < 0.9*v {
		n += 8
	}
	return n
}

// timmMobileNet is timm's MobileNetV2, which numbers the blocks of each stage from 0 where
// torchvision numbers them through.
var timmMobileNet = scheme{
	name: "timm-mobilenet", title: "timm's names of MobileNetV2",
	marks: []string{
		"conv_stem.weight", "blocks.0.0.conv_dw.weight", "blocks.6.0.conv_pwl.weight",
		"!blocks.0.0.se.*",
	},
	pairs: func(Config) []weights.Pair {
		separable := []weights.Pair{
			{Outside: "conv_dw.*", Acol: "0.0.*"}, {Outside: "bn1.*", Acol: "0.1.*"},
			{Outside: "conv_pw.*", Acol: "1.*"}, {Outside: "bn2.*", Acol: "2.*"},
		}
		inverted := []weights.Pair{
			{Outside: "conv_pw.*", Acol: "0.0.*"}, {Outside: "bn1.*", Acol: "0.1.*"},
			{Outside: "conv_dw.*", Acol: "1.0.*"}, {Outside: "bn2.*", Acol: "1.1.*"},
			{Outside: "conv_pwl.*", Acol: "2.*"}, {Outside: "bn3.*", Acol: "3.*"},
		}
		table := timmStem()
		at := 1
		for s, row := range bottlenecks {
			block := inverted
			if row.expand == 1 {
				block = separable
			}
			for i := range row.blocks {
				outside := fmt.Sprintf("blocks.%d.%d.", s, i)
				ours := fmt.Sprintf("features.%d.conv.", at)
				table = append(table, weights.Under(outside, ours, block)...)
				at++
			}
		}
		return append(table, timmHead(at)...)
	},
}

// timmStem names the first convolution of timm's mobile networks and its batch norm.
func timmStem() []weights.Pair {
	return []weights.Pair{
		{Outside: "conv_stem.*", Acol: "features.0.0.*"},
		{Outside: "bn1.*", Acol: "features.0.1.*"},
	}
}

// timmHead names the last convolution of timm's mobile networks, which is features.<at> in
// torchvision, its batch norm and the classifier.
func timmHead(at int) []weights.Pair {
	return []weights.Pair{
		{Outside: "conv_head.*", Acol: fmt.Sprintf("features.%d.0.*", at)},
		{Outside: "bn2.*", Acol: fmt.Sprintf("features.%d.1.*", at)},
		classifier{layer: "classifier"}.pair(),
	}
}
