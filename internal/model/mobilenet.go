package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"
)

// mobileNets is MobileNetV2 (Sandler et al. 2018, arXiv 1801.04381) as torchvision has it; its
// channels are multiples of 8 at any width. A smaller output stride turns the last strides to 1.
var mobileNets = architecture{
	name: "mobilenet", depths: []string{"v2"},
	variants: plain(32, 16, 8), stages: 5, stageNote: "mobilenet's begin where the map is halved",
	scales: true, build: mobileNet,
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
	x = mobileConv(b, "features.0.0", "features.0.1", x, convSpec{out: eights(32 * width), kernel: 3, stride: 2, pad: 1})
	at, stride := 1, 2 // of the image to x
	for _, r := range bottlenecks {
		if r.stage != b.stage && !b.enter(r.stage) {
			return x
		}
		s := b.within(r.stride, stride)
		stride *= s
		for range r.blocks {
			x = invertedResidual(b, fmt.Sprintf("features.%d.conv", at), x, r.expand, eights(float64(r.out)*width), s)
			s = 1
			at++
		}
	}
	name := fmt.Sprintf("features.%d", at)
	return mobileConv(b, name+".0", name+".1", x, convSpec{out: eights(1280 * max(width, 1)), kernel: 1, stride: 1})
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
	y = mobileConv(b, n+".0", n+".1", y, convSpec{out: inner, kernel: 3, stride: stride, pad: 1, groups: inner})
	project := convSpec{out: out, kernel: 1, stride: 1, weightInit: kaimingNormal}
	y = b.conv(next(), y, project)
	y = b.norm(next(), y)
	if stride == 1 && in == out {
		y = b.add(name, x, y)
	}
	return y
}

func mobileConv(b *builder, conv, norm string, x *G.Node, c convSpec) *G.Node {
	c.weightInit = kaimingNormal
	return b.relu6(b.norm(norm, b.conv(conv, x, c)))
}

// eights rounds a number of channels to a multiple of 8, not down by more than a tenth, as
// torchvision's _make_divisible does.
func eights(v float64) int {
	n := max(8, int(v+4)/8*8)
	if float64(n) < 0.9*v {
		n += 8
	}
	return n
}
