package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
	"acol/internal/weights"
)

// resNets are ResNets (He et al. 2015, arXiv 1512.03385) as torchvision has
// them, the stride of a bottleneck on its 3x3.
var resNets = architecture{
	name: "resnet",
	networks: []network{
		{"18", "resnet18", []published{{"resnet18-f37072fd.pth", 44.661, 11689512, 69.758}}},
		{"34", "resnet34", []published{{"resnet34-b627a593.pth", 83.275, 21797672, 73.314}}},
		{"50", "resnet50", []published{
			{"resnet50-0676ba61.pth", 97.781, 25557032, 76.13},
			{"resnet50-11ad3fa6.pth", 97.79, 25557032, 80.858},
		}},
		{"101", "resnet101", []published{
			{"resnet101-63fe2227.pth", 170.511, 44549160, 77.374},
			{"resnet101-cd907fc2.pth", 170.53, 44549160, 81.886},
		}},
		{"152", "resnet152", []published{
			{"resnet152-394f9c45.pth", 230.434, 60192808, 78.312},
			{"resnet152-f82ba261.pth", 230.474, 60192808, 82.284},
		}},
	},
	usual:    "50",
	variants: plain(32, 16, 8, 4), stages: 5, stageNote: "a resnet's stem and four layers",
	scales: true, places: true, guideStage: 4, guideWidths: [2]int{1024, 512},
	classifier: classifier{layer: "fc"}, schemes: []scheme{junkwhinger, wsolSPGOnResNet},
	build: resNet,
}

// resNeXts have groups in their 3x3 (Xie et al. 2016, arXiv 1611.05431).
var resNeXts = architecture{
	name: "resnext",
	networks: []network{
		{"50_32x4d", "resnext50_32x4d", []published{
			{"resnext50_32x4d-7cdf4587.pth", 95.789, 25028904, 77.618},
			{"resnext50_32x4d-1a0047aa.pth", 95.833, 25028904, 81.198},
		}},
		{"101_32x8d", "resnext101_32x8d", []published{
			{"resnext101_32x8d-8ba56ff5.pth", 339.586, 88791336, 79.312},
			{"resnext101_32x8d-110c445d.pth", 339.673, 88791336, 82.834},
		}},
		{"101_64x4d", "resnext101_64x4d", []published{
			{"resnext101_64x4d-173b62eb.pth", 319.318, 83455272, 83.246},
		}},
	},
	variants: plain(32, 16, 8, 4), stages: 5, stageNote: "a resnext's stem and four layers",
	scales: true, places: true, guideStage: 4, guideWidths: [2]int{1024, 512},
	classifier: classifier{layer: "fc"}, build: resNet,
}

// wideResNets are twice as wide inside (Zagoruyko and Komodakis 2016, arXiv 1605.07146).
var wideResNets = architecture{
	name: "wide_resnet",
	networks: []network{
		{"50_2", "wide_resnet50_2", []published{
			{"wide_resnet50_2-95faca4d.pth", 131.82, 68883240, 78.468},
			{"wide_resnet50_2-9ba9bcbe.pth", 263.124, 68883240, 81.602},
		}},
		{"101_2", "wide_resnet101_2", []published{
			{"wide_resnet101_2-32ee1156.pth", 242.896, 126886696, 78.848},
			{"wide_resnet101_2-d733dc28.pth", 484.747, 126886696, 82.51},
		}},
	},
	variants: plain(32, 16, 8, 4), stages: 5, stageNote: "a wide_resnet's stem and four layers",
	scales: true, places: true, guideStage: 4, guideWidths: [2]int{1024, 512},
	classifier: classifier{layer: "fc"}, build: resNet,
}

// resNetDepth describes a member of the family: the blocks of each of the four layers, whether they
// are bottlenecks, the groups of a bottleneck's 3x3 and the channels of each group in layer1.
type resNetDepth struct {
	blocks       [4]int
	bottleneck   bool
	groups, each int
}

var resNetDepths = map[string]resNetDepth{
	"18":        {[4]int{2, 2, 2, 2}, false, 1, 64},
	"34":        {[4]int{3, 4, 6, 3}, false, 1, 64},
	"50":        {[4]int{3, 4, 6, 3}, true, 1, 64},
	"101":       {[4]int{3, 4, 23, 3}, true, 1, 64},
	"152":       {[4]int{3, 8, 36, 3}, true, 1, 64},
	"50_32x4d":  {[4]int{3, 4, 6, 3}, true, 32, 4},
	"101_32x8d": {[4]int{3, 4, 23, 3}, true, 32, 8},
	"101_64x4d": {[4]int{3, 4, 23, 3}, true, 64, 4},
	"50_2":      {[4]int{3, 4, 6, 3}, true, 1, 128},
	"101_2":     {[4]int{3, 4, 23, 3}, true, 1, 128},
}

// resNet maps images (N,3,H,W) to (N,512 or 2048,H/s,W/s), s the output
// stride. A smaller output stride turns the strides of the last
// layers to 1 without dilation, as wsolevaluation does. Its stages are the stem
// and the four layers.
func resNet(b *builder, x *G.Node) *G.Node {
	net := resNetDepths[b.cfg.Backbone.Depth]
	b.enter(1)
	x = b.mark("conv1", b.conv("conv1", x, resConv(b.width(64), 7, 2)))
	x = b.mark("relu", b.relu(b.mark("bn1", b.norm("bn1", x))))
	x = b.mark("maxpool", b.maxPool("maxpool", x, op.PoolAttr{Size: 3, Stride: 2, Pad: 1}))
	stride := 4 // of x, relative to the image
	for l, blocks := range net.blocks {
		if !b.enter(l + 2) {
			break
		}
		s := 1
		if l > 0 {
			s = b.within(2, stride)
			stride *= s
		}
		for i := range blocks {
			blk := block{
				name: fmt.Sprintf("layer%d.%d", l+1, i), stride: s, first: i == 0,
				groups: net.groups, width: b.width(net.each<<l) * net.groups, out: b.width(64 << l),
			}
			if net.bottleneck {
				blk.out *= 4
				x = blk.bottleneck(b, x)
			} else {
				x = blk.basic(b, x)
			}
			x = b.mark(blk.name, x)
			if l == 2 && i == 0 {
				b.guideFrom(1, x)
			}
			if l == 2 && i == blocks-1 {
				b.guideFrom(2, x)
			}
			if l == 3 && i == blocks-1 || l >= 2 && i == 0 {
				x = b.attentionDrop(x)
			}
			s = 1
		}
		x = b.mark(fmt.Sprintf("layer%d", l+1), x)
	}
	return x
}

// block is one residual block.
type block struct {
	name       string
	width, out int
	stride     int
	groups     int
	first      bool // of its layer
}

func (k block) basic(b *builder, x *G.Node) *G.Node {
	y := b.relu(b.norm(k.name+".bn1", b.conv(k.name+".conv1", x, resConv(k.width, 3, k.stride))))
	y = b.norm(k.name+".bn2", b.conv(k.name+".conv2", y, resConv(k.width, 3, 1)))
	return b.relu(b.add(k.name, y, k.shortcut(b, x)))
}

func (k block) bottleneck(b *builder, x *G.Node) *G.Node {
	y := b.relu(b.norm(k.name+".bn1", b.conv(k.name+".conv1", x, resConv(k.width, 1, 1))))
	spatial := resConv(k.width, 3, k.stride)
	spatial.groups = k.groups
	y = b.relu(b.norm(k.name+".bn2", b.conv(k.name+".conv2", y, spatial)))
	y = b.norm(k.name+".bn3", b.conv(k.name+".conv3", y, resConv(k.out, 1, 1)))
	return b.relu(b.add(k.name, y, k.shortcut(b, x)))
}

// shortcut returns x itself, or a 1x1 projection of x where the channels or the size change. As in
// torchvision, layer1 of a network of basic blocks has no projection, and a projection stays where
// the output stride has removed the stride.
func (k block) shortcut(b *builder, x *G.Node) *G.Node {
	if x == nil || !k.first || k.stride == 1 && x.Shape()[1] == k.out {
		return x
	}
	x = b.conv(k.name+".downsample.0", x, resConv(k.out, 1, k.stride))
	return b.norm(k.name+".downsample.1", x)
}

func resConv(out, kernel, stride int) convSpec {
	return convSpec{
		out: out, kernel: kernel, stride: stride, pad: kernel / 2, weightInit: kaimingNormal,
	}
}

// junkwhinger is the reimplementation of ACoL on ResNets by
// https://github.com/junkwhinger/adversarial_complementary_learning. Its backbone is a Sequential
// of the children of torchvision's ResNet; the name of a branch holds its number and kind.
var junkwhinger = scheme{
	name: "junkwhinger", title: "the names of junkwhinger's reimplementation",
	marks:  []string{"classifiers.0*.0.weight", "backbone.0.weight"},
	format: "junkwhinger",
	fits: func(c Config) error {
		if arch, head := c.Backbone.Arch, c.Branches.Head; arch != "resnet" || head != LinearHead {
			return fmt.Errorf("that network is a resnet with linear heads, "+
				"the recipe's a %s with %s ones", arch, head)
		}
		return nil
	},
	pairs: func(c Config) []weights.Pair {
		table := []weights.Pair{
			{Outside: "backbone.0.*", Acol: "conv1.*"}, {Outside: "backbone.1.*", Acol: "bn1.*"},
		}
		for i := range 4 {
			table = append(table, weights.Pair{
				Outside: fmt.Sprintf("backbone.%d.*", i+4), Acol: fmt.Sprintf("layer%d.*", i+1),
			})
		}
		for i := range maxBranches {
			kinds := "pn" // where no model says
			if i < len(c.Branches.Kinds) {
				kinds = c.Branches.Kinds[i : i+1]
			}
			for _, kind := range kinds {
				table = append(table, weights.Pair{
					Outside: fmt.Sprintf("classifiers.%d%c.0.*", i, kind),
					Acol:    branchName(i) + ".classifier.*",
				})
			}
		}
		return table
	},
}
