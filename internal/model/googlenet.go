package model

import (
	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// googLeNets is Inception v1 (Szegedy et al. 2014, arXiv 1409.4842): torchvision's with batch
// norm and a 3x3 in its third branch, and bvlc, as Caffe's model zoo trained the published
// network: biases, 5x5, local response norms. A smaller output stride leaves out the last
// pools. The ACoL paper cuts it after four stages.
var googLeNets = architecture{
	name: "googlenet",
	networks: []network{
		{"v1", "googlenet", []published{{"googlenet-1378be20.pth", 49.731, 6624904, 69.778}}},
	},
	variants: []variant{
		{name: torchvision, strides: []int{32, 16, 8}},
		{name: "bvlc", strides: []int{32, 16, 8}, unpublished: true, elsewhere: true},
	},
	stages: 5, stageNote: "googlenet's begin with its pools",
	scale: halfScale, extra: []string{"aux1.*", "aux2.*"}, classifier: classifier{layer: "fc"},
	eps: 1e-3, scales: true, places: true, guideStage: 4, build: googLeNet,
}

// inceptionV1 holds the channels of the branches of a block.
type inceptionV1 struct {
	name                string
	one                 int
	reduce3, three      int
	reduce5, five, pool int
}

// inceptionsV1 lists the blocks of stages 3, 4 and 5.
var inceptionsV1 = [][]inceptionV1{
	{{"3a", 64, 96, 128, 16, 32, 32}, {"3b", 128, 128, 192, 32, 96, 64}},
	{
		{"4a", 192, 96, 208, 16, 48, 64}, {"4b", 160, 112, 224, 24, 64, 64},
		{"4c", 128, 128, 256, 24, 64, 64},
		{"4d", 112, 144, 288, 32, 64, 64}, {"4e", 256, 160, 320, 32, 128, 128},
	},
	{{"5a", 256, 160, 320, 32, 128, 128}, {"5b", 384, 192, 384, 48, 128, 128}},
}

// googLeNet maps images (N,3,H,W) to (N,1024,H/s,W/s), s the output stride.
func googLeNet(b *builder, x *G.Node) *G.Node {
	half := op.PoolAttr{Size: 3, Stride: 2, Ceil: true}
	b.enter(1)
	x = b.mark("conv1", googConv(b, "conv1", x, convSpec{out: 64, kernel: 7, stride: 2, pad: 3}))
	if !b.enter(2) {
		return x
	}
	x = googLRN(b, b.mark("maxpool1", b.maxPool("maxpool1", x, half)))
	x = b.mark("conv2", googConv(b, "conv2", x, convSpec{out: 64, kernel: 1, stride: 1}))
	x = b.mark("conv3", googConv(b, "conv3", x, convSpec{out: 192, kernel: 3, stride: 1, pad: 1}))
	x = googLRN(b, x)
	for i, blocks := range inceptionsV1 {
		if !b.enter(i + 3) {
			break
		}
		pool := half
		if i == 2 && b.variant() == torchvision {
			pool.Size = 2
		}
		if 8<<i <= b.outputStride() {
			name := []string{"maxpool2", "maxpool3", "maxpool4"}[i]
			x = b.mark(name, b.maxPool(name, x, pool))
		}
		for _, k := range blocks {
			if k.name == "4a" {
				b.guideFrom(1, x)
			}
			x = b.mark("inception"+k.name, k.add(b, x))
			if k.name == "4d" {
				b.guideFrom(2, x)
			}
		}
		x = b.attentionDrop(x)
	}
	return x
}

// add adds the block to x (N,C,h,w).
func (k inceptionV1) add(b *builder, x *G.Node) *G.Node {
	name := "inception" + k.name
	conv := func(branch string, x *G.Node, out, kernel int) *G.Node {
		c := convSpec{out: out, kernel: kernel, stride: 1, pad: kernel / 2}
		return googConv(b, name+"."+branch, x, c)
	}
	five := 5
	if b.variant() == torchvision {
		five = 3
	}
	one := conv("branch1", x, k.one, 1)
	three := conv("branch2.1", conv("branch2.0", x, k.reduce3, 1), k.three, 3)
	fives := conv("branch3.1", conv("branch3.0", x, k.reduce5, 1), k.five, five)
	pool := b.maxPool(name+".branch4.0", x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1, Ceil: true})
	return b.concat(name, one, three, fives, conv("branch4.1", pool, k.pool, 1))
}

// googConv adds a convolution with a ReLU, and between them a batch norm (torchvision) or a bias
// (bvlc).
func googConv(b *builder, name string, x *G.Node, c convSpec) *G.Node {
	c.out = b.width(c.out)
	if b.variant() == torchvision {
		c.weightInit = normal(0.01)
		return b.relu(b.norm(name+".bn", b.conv(name+".conv", x, c)))
	}
	c.bias, c.weightInit, c.biasInit = true, caffeXavier, constant(0.2)
	return b.relu(b.conv(name+".conv", x, c))
}

// googLRN adds the local response norm that only bvlc has.
func googLRN(b *builder, x *G.Node) *G.Node {
	if b.variant() == torchvision {
		return x
	}
	return b.layer("local response norm", func() (*G.Node, error) {
		return op.LRN(x, op.LRNAttr{Size: 5, Alpha: 1e-4, Beta: 0.75, K: 1})
	})
}
