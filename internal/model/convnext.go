package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
	"acol/internal/weights"
)

// convNeXts is ConvNeXt (Liu et al. 2022, arXiv 2201.03545) as torchvision has it. A smaller output
// stride turns the strides of the last downsampling convolutions to 1; they are 2x2 without
// padding, so that each takes a row and a column off the map.
var convNeXts = architecture{
	name: "convnext",
	networks: []network{
		{"tiny", "convnext_tiny", []published{
			{"convnext_tiny-983f1562.pth", 109.119, 28589128, 82.52},
		}},
		{"small", "convnext_small", []published{
			{"convnext_small-0c510722.pth", 191.703, 50223688, 83.616},
		}},
		{"base", "convnext_base", []published{
			{"convnext_base-6075fbad.pth", 338.064, 88591464, 84.062},
		}},
		{"large", "convnext_large", []published{
			{"convnext_large-ea097f82.pth", 754.537, 197767336, 84.414},
		}},
	},
	variants: plain(32, 16, 8), stages: 4, stageNote: "convnext's begin where the map shrinks",
	classifier: classifier{
		whyNot: "a norm between the global average and its last layer",
		own:    &ownHead{last: "classifier.2", build: convNeXtEnd},
	},
	scales: true, skips: true, schemes: []scheme{timmConvNeXt}, build: convNeXt,
}

// convNeXtSizes holds the channels of the first stage, which each next stage doubles, and the
// blocks of all stages.
var convNeXtSizes = map[string]struct {
	channels int
	blocks   [4]int
}{
	"tiny": {96, [4]int{3, 3, 9, 3}}, "small": {96, [4]int{3, 3, 27, 3}},
	"base": {128, [4]int{3, 3, 27, 3}}, "large": {192, [4]int{3, 3, 27, 3}},
}

// layerNormEps is the epsilon of ConvNeXt's norms.
const layerNormEps = 1e-6

// convNeXt maps images (N,3,H,W) to features (N,C,H/s,W/s), s the output stride. C is 768 of tiny
// and small, 1024 of base and 1536 of large.
func convNeXt(b *builder, x *G.Node) *G.Node {
	size := convNeXtSizes[b.cfg.Backbone.Depth]
	stride, at, last := 1, 0, -1 // at is the block's place, last the last one's
	for _, blocks := range size.blocks {
		last += blocks
	}
	for i, blocks := range size.blocks {
		if !b.enter(i + 1) {
			break
		}
		out, name := b.width(size.channels<<i), fmt.Sprintf("features.%d", 2*i)
		if i == 0 {
			x = convNeXtConv(b, name+".0", x, convSpec{out: out, kernel: 4, stride: 4})
			x = b.mark(name, layerNorm(b, name+".1", x))
			stride = 4
		} else {
			s := b.within(2, stride)
			stride *= s
			x = layerNorm(b, name+".0", x)
			x = convNeXtConv(b, name+".1", x, convSpec{out: out, kernel: 2, stride: s})
			x = b.mark(name, x)
		}
		for j := range blocks {
			block := fmt.Sprintf("features.%d.%d", 2*i+1, j)
			x = b.mark(block, convNeXtBlock(b, block, x, float64(at)/float64(last)))
			at++
		}
		x = b.mark(fmt.Sprintf("features.%d", 2*i+1), x)
	}
	return x
}

// convNeXtBlock mixes positions by a depthwise convolution, then channels by two matrices, and adds
// the result, scaled, to x. depth is its share of the rate of stochastic depth.
func convNeXtBlock(b *builder, name string, x *G.Node, depth float64) *G.Node {
	if b.err != nil {
		return nil
	}
	c := x.Shape()[1]
	depthwise := convSpec{out: c, kernel: 7, stride: 1, pad: 3, groups: c}
	y := convNeXtConv(b, name+".block.0", x, depthwise)
	y = layerNorm(b, name+".block.2", y)
	expand := convSpec{out: 4 * c, kernel: 1, stride: 1, matrix: true}
	y = convNeXtConv(b, name+".block.3", y, expand)
	y = b.layer("gelu", func() (*G.Node, error) { return op.GELU(y) })
	project := convSpec{out: c, kernel: 1, stride: 1, matrix: true}
	y = convNeXtConv(b, name+".block.5", y, project)
	return b.add(name, x, b.skip(name, layerScale(b, name+".layer_scale", y), depth))
}

// convNeXtConv adds a convolution with torchvision's initial weights. torchvision truncates their
// distribution at a bound that no draw reaches.
func convNeXtConv(b *builder, name string, x *G.Node, c convSpec) *G.Node {
	c.bias, c.weightInit, c.biasInit = true, normal(0.02), constant(0)
	return b.conv(name, x, c)
}

// layerNorm adds a norm of each position over its channels.
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

// timmConvNeXt is timm's ConvNeXt. Its layer scale has two axes less than torchvision's. The
// classifier begins with a layer norm in both, so that it is no head of acol.
var timmConvNeXt = scheme{
	name: "timm-convnext", title: "timm's names of ConvNeXt",
	marks: []string{"stem.0.weight", "stages.0.blocks.0.gamma"},
	pairs: func(Config) []weights.Pair {
		table := []weights.Pair{
			{Outside: "stem.*", Acol: "features.0.*"},
			{Outside: "head.norm.*", Acol: "classifier.0.*"},
			{Outside: "head.fc.*", Acol: "classifier.2.*"},
		}
		block := []weights.Pair{
			{Outside: "gamma", Acol: "layer_scale", OutsideRank: 1, AcolRank: 3},
			{Outside: "conv_dw.*", Acol: "block.0.*"}, {Outside: "norm.*", Acol: "block.2.*"},
			{Outside: "mlp.fc1.*", Acol: "block.3.*"}, {Outside: "mlp.fc2.*", Acol: "block.5.*"},
		}
		for s, blocks := range convNeXtSizes["large"].blocks { // the others have no more
			table = append(table, weights.Pair{
				Outside: fmt.Sprintf("stages.%d.downsample.*", s),
				Acol:    fmt.Sprintf("features.%d.*", 2*s),
			})
			for i := range blocks {
				outside := fmt.Sprintf("stages.%d.blocks.%d.", s, i)
				ours := fmt.Sprintf("features.%d.%d.", 2*s+1, i)
				table = append(table, weights.Under(outside, ours, block)...)
			}
		}
		return table
	},
}
