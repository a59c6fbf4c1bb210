package model

import (
	G "gorgonia.org/gorgonia"

	"acol/internal/op"
	"acol/internal/weights"
)

// inceptions is Inception v3 (Szegedy et al. 2015, arXiv 1512.00567): torchvision's, and wsol, of
// which wsolevaluation pads the first layers, keeps Mixed_6a at stride 1 and ends with Mixed_6e;
// its pool before that is left out for an output stride of 8.
var inceptions = architecture{
	name: "inception",
	networks: []network{
		{"v3", "inception_v3", []published{
			{"inception_v3_google-0cc3c7bd.pth", 103.903, 27161264, 77.294},
		}},
	},
	variants: []variant{
		{name: torchvision, strides: []int{32}}, {name: "wsol", strides: []int{16, 8}},
	},
	stages:    5,
	stageNote: "inception's stem to 2b, to 4a, Mixed_5, Mixed_6 and Mixed_7, which wsol has not",
	scale:     halfScale, extra: []string{"AuxLogits.*", "Mixed_7*"},
	classifier: classifier{layer: "fc"}, schemes: []scheme{wsolSPGOnInception, wsolInception},
	sides: map[string]int{"v3": 299},
	least: 96, eps: 1e-3, scales: true,
	places: true, dropsInHead: true, guideStage: 4, guideWidths: [2]int{512, 512}, build: inception,
}

// inception maps images (N,3,H,W) to (N,2048,h,w), wsol's to (N,768,h,w).
func inception(b *builder, x *G.Node) *G.Node {
	wsol := b.variant() == "wsol"
	half, first := op.PoolAttr{Size: 3, Stride: 2}, 0
	if wsol {
		half, first = op.PoolAttr{Size: 3, Stride: 2, Pad: 1, Ceil: true}, 1
	}
	n := inceptionNet{b}
	b.enter(1)
	x = n.stem("Conv2d_1a_3x3", x, convSpec{out: 32, kernel: 3, stride: 2, pad: first})
	x = n.stem("Conv2d_2a_3x3", x, convSpec{out: 32, kernel: 3, stride: 1})
	x = n.stem("Conv2d_2b_3x3", x, convSpec{out: 64, kernel: 3, stride: 1, pad: 1})
	if !b.enter(2) {
		return x
	}
	x = n.pool("maxpool1", x, half)
	x = n.stem("Conv2d_3b_1x1", x, convSpec{out: 80, kernel: 1, stride: 1})
	x = n.stem("Conv2d_4a_3x3", x, convSpec{out: 192, kernel: 3, stride: 1})
	if !b.enter(3) {
		return x
	}
	x = n.pool("maxpool2", x, half)
	x = n.a("Mixed_5b", x, 32)
	x = n.a("Mixed_5c", x, 64)
	x = b.attentionDrop(n.a("Mixed_5d", x, 64))
	if !b.enter(4) {
		return x
	}
	if wsol && b.outputStride() == 16 {
		x = n.pool("maxpool3", x, op.PoolAttr{Size: 3, Stride: 2, Ceil: true})
	}
	x = n.b6("Mixed_6a", b.guideFrom(1, x), wsol)
	x = n.c("Mixed_6b", x, 128)
	x = n.c("Mixed_6c", x, 160)
	x = b.guideFrom(2, n.c("Mixed_6d", x, 160))
	x = b.attentionDrop(n.c("Mixed_6e", x, 192))
	if wsol || !b.enter(5) {
		return x
	}
	x = n.d("Mixed_7a", x)
	x = n.e("Mixed_7b", x)
	return n.e("Mixed_7c", x)
}

// inceptionNet adds the blocks of the network, which have torchvision's letters as their names.
type inceptionNet struct{ *builder }

// conv adds a convolution, a batch norm and a ReLU.
func (n inceptionNet) conv(name string, x *G.Node, c convSpec) *G.Node {
	c.out, c.weightInit = n.width(c.out), normal(0.1)
	return n.relu(n.norm(name+".bn", n.builder.conv(name+".conv", x, c)))
}

// stem adds a convolution that is a module of the network by itself.
func (n inceptionNet) stem(name string, x *G.Node, c convSpec) *G.Node {
	return n.mark(name, n.conv(name, x, c))
}

// pool adds a max pool that is one.
func (n inceptionNet) pool(name string, x *G.Node, a op.PoolAttr) *G.Node {
	return n.mark(name, n.maxPool(name, x, a))
}

// block ends a block by joining its branches.
func (n inceptionNet) block(name string, branches ...*G.Node) *G.Node {
	return n.mark(name, n.concat(name, branches...))
}

// same adds such a convolution of stride 1 that keeps the size of the map.
func (n inceptionNet) same(name string, x *G.Node, out, kernelH, kernelW int) *G.Node {
	return n.conv(name, x, convSpec{out: out, rect: [2]int{kernelH, kernelW}, stride: 1})
}

// average adds a 3x3 average pool that keeps the size of the map.
func (n inceptionNet) average(name string, x *G.Node) *G.Node {
	return n.avgPool(name, x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1})
}

func (n inceptionNet) a(name string, x *G.Node, pool int) *G.Node {
	five := n.same(name+".branch5x5_2", n.same(name+".branch5x5_1", x, 48, 1, 1), 64, 5, 5)
	return n.block(name, n.same(name+".branch1x1", x, 64, 1, 1), five, n.double(name, x, 1, 1),
		n.same(name+".branch_pool", n.average(name, x), pool, 1, 1))
}

// double adds the branch of two 3x3 convolutions, the last of which has a stride and a padding.
func (n inceptionNet) double(name string, x *G.Node, stride, pad int) *G.Node {
	y := n.same(name+".branch3x3dbl_1", x, 64, 1, 1)
	y = n.same(name+".branch3x3dbl_2", y, 96, 3, 3)
	return n.conv(name+".branch3x3dbl_3", y, convSpec{out: 96, kernel: 3, stride: stride, pad: pad})
}

// b6 adds the block that halves the map, or keeps its size.
func (n inceptionNet) b6(name string, x *G.Node, keep bool) *G.Node {
	stride, pad := 2, 0
	if keep {
		stride, pad = 1, 1
	}
	three := n.conv(name+".branch3x3", x, convSpec{out: 384, kernel: 3, stride: stride, pad: pad})
	pool := n.maxPool(name+".pool", x, op.PoolAttr{Size: 3, Stride: stride, Pad: pad})
	return n.block(name, three, n.double(name, x, stride, pad), pool)
}

func (n inceptionNet) c(name string, x *G.Node, inner int) *G.Node {
	seven := n.same(name+".branch7x7_1", x, inner, 1, 1)
	seven = n.same(name+".branch7x7_2", seven, inner, 1, 7)
	seven = n.same(name+".branch7x7_3", seven, 192, 7, 1)
	double := n.same(name+".branch7x7dbl_1", x, inner, 1, 1)
	double = n.same(name+".branch7x7dbl_2", double, inner, 7, 1)
	double = n.same(name+".branch7x7dbl_3", double, inner, 1, 7)
	double = n.same(name+".branch7x7dbl_4", double, inner, 7, 1)
	double = n.same(name+".branch7x7dbl_5", double, 192, 1, 7)
	return n.block(name, n.same(name+".branch1x1", x, 192, 1, 1), seven, double,
		n.same(name+".branch_pool", n.average(name, x), 192, 1, 1))
}

func (n inceptionNet) d(name string, x *G.Node) *G.Node {
	three := n.same(name+".branch3x3_1", x, 192, 1, 1)
	three = n.conv(name+".branch3x3_2", three, convSpec{out: 320, kernel: 3, stride: 2})
	seven := n.same(name+".branch7x7x3_1", x, 192, 1, 1)
	seven = n.same(name+".branch7x7x3_2", seven, 192, 1, 7)
	seven = n.same(name+".branch7x7x3_3", seven, 192, 7, 1)
	seven = n.conv(name+".branch7x7x3_4", seven, convSpec{out: 192, kernel: 3, stride: 2})
	return n.block(name, three, seven, n.maxPool(name+".pool", x, op.PoolAttr{Size: 3, Stride: 2}))
}

func (n inceptionNet) e(name string, x *G.Node) *G.Node {
	three := n.same(name+".branch3x3_1", x, 384, 1, 1)
	double := n.same(name+".branch3x3dbl_1", x, 448, 1, 1)
	double = n.same(name+".branch3x3dbl_2", double, 384, 3, 3)
	return n.block(name, n.same(name+".branch1x1", x, 320, 1, 1),
		n.same(name+".branch3x3_2a", three, 384, 1, 3),
		n.same(name+".branch3x3_2b", three, 384, 3, 1),
		n.same(name+".branch3x3dbl_3a", double, 384, 1, 3),
		n.same(name+".branch3x3dbl_3b", double, 384, 3, 1),
		n.same(name+".branch_pool", n.average(name, x), 192, 1, 1))
}

// wsolInception is the Inception of wsolevaluation's CAM,
// https://github.com/clovaai/wsolevaluation, wsol/inception.py.
var wsolInception = scheme{
	name: "wsol-cam-inception", title: "the names of wsolevaluation's CAM on Inception",
	marks:  []string{"SPG_A3_1b.0.weight", "SPG_A4.weight"},
	format: "wsol",
	fits: func(c Config) error {
		return onlyOneHead(c, "inception", ConvHead)
	},
	pairs: func(Config) []weights.Pair {
		return []weights.Pair{
			{Outside: "SPG_A3_1b.0.*", Acol: "branches.0.conv1.*"},
			{Outside: "SPG_A3_2b.0.*", Acol: "branches.0.conv2.*"},
			{Outside: "SPG_A4.*", Acol: "branches.0.classifier.*"},
		}
	},
}
