package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// convNeXts is ConvNeXt (Liu et al. 2022, arXiv 2201.03545) as torchvision has it, without the stochastic
// depth of its training. A smaller output stride turns the strides of the last downsampling convolutions to 1;
// they are 2x2 without padding, so that each takes a row and a column off the map.
var convNeXts = architecture{
	name: "convnext", depths: []string{"tiny", "small", "base", "large"},
	variants: plain(32, 16, 8), stages: 4, stageNote: "convnext's begin where the map shrinks",
	scales: true, build: convNeXt,
}

// convNeXtSizes are the channels of the first stage, which each next one doubles, and the blocks of all.
var convNeXtSizes = map[string]struct {
	channels int
	blocks   [4]int
}{
	"tiny": {96, [4]int{3, 3, 9, 3}}, "small": {96, [4]int{3, 3, 27, 3}}, "base": {128, [4]int{3, 3, 27, 3}}, "large": {192, [4]int{3, 3, 27, 3}},
}

// layerNormEps is the epsilon of all its norms.
const layerNormEps = 1e-6

// convNeXt maps images (N,3,H,W) to (N,768,H/s,W/s) of tiny and small, s the output stride; base has 1024 channels,
// large 1536.
func convNeXt(b *builder, x *G.Node) *G.Node {
	size := convNeXtSizes[b.cfg.Backbone.Depth]
	stride := 1
	for i, blocks := range size.blocks {
		if !b.enter(i + 1) {
			break
		}
		out, name := b.width(size.channels<<i), fmt.Sprintf("features.%d", 2*i)
		if i == 0 {
			x = layerNorm(b, name+".1", convNeXtConv(b, name+".0", x, convSpec{out: out, kernel: 4, stride: 4}))
			stride = 4
		} else {
			s := b.within(2, stride)
			stride *= s
			x = convNeXtConv(b, name+".1", layerNorm(b, name+".0", x), convSpec{out: out, kernel: 2, stride: s})
		}
		for j := range blocks {
			x = convNeXtBlock(b, fmt.Sprintf("features.%d.%d", 2*i+1, j), x)
		}
	}
	return x
}

// convNeXtBlock mixes positions by a depthwise convolution, then channels by two matrices, and adds what comes of it,
// scaled, to x.
func convNeXtBlock(b *builder, name string, x *G.Node) *G.Node {
	if b.err != nil {
		return nil
	}
	c := x.Shape()[1]
	y := convNeXtConv(b, name+".block.0", x, convSpec{out: c, kernel: 7, stride: 1, pad: 3, groups: c})
	y = layerNorm(b, name+".block.2", y)
	y = convNeXtConv(b, name+".block.3", y, convSpec{out: 4 * c, kernel: 1, stride: 1, matrix: true})
	y = b.layer("gelu", func() (*G.Node, error) { return op.GELU(y) })
	y = convNeXtConv(b, name+".block.5", y, convSpec{out: c, kernel: 1, stride: 1, matrix: true})
	return b.add(name, x, layerScale(b, name+".layer_scale", y))
}

// convNeXtConv is a convolution with torchvision's initial weights; those are drawn beyond no bound that counts.
func convNeXtConv(b *builder, name string, x *G.Node, c convSpec) *G.Node {
	c.bias, c.weightInit, c.biasInit = true, normal(0.02), constant(0)
	return b.conv(name, x, c)
}

// layerNorm normalises each position over its channels.
func layerNorm(b *builder, name string, x *G.Node) *G.Node {
	return b.layer(name, func() (*G.Node, error) {
		scale, shift, err := b.affine(name, x.Shape()[1])
		if err != nil {
			return nil, err
		}
		return op.LayerNorm(x, scale, shift, layerNormEps)
	})
}

// layerScale multiplies each channel by a parameter (C,1,1): a depthwise 1x1 convolution.
func layerScale(b *builder, name string, x *G.Node) *G.Node {
	return b.layer(name, func() (*G.Node, error) {
		c := x.Shape()[1]
		scale, err := b.param(name, Scale, []int{c, 1, 1}, []int{c, 1, 1, 1}, constant(1e-6))
		if err != nil {
			return nil, err
		}
		return op.Conv2D(x, scale, nil, op.ConvAttr{Stride: 1, Groups: c})
	})
}
