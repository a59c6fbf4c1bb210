package model

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// resNets lists the blocks of each of the four layers.
var resNets = map[string]struct {
	blocks     [4]int
	bottleneck bool
}{
	"18":  {[4]int{2, 2, 2, 2}, false},
	"34":  {[4]int{3, 4, 6, 3}, false},
	"50":  {[4]int{3, 4, 6, 3}, true},
	"101": {[4]int{3, 4, 23, 3}, true},
	"152": {[4]int{3, 8, 36, 3}, true},
}

// resNet maps images (N,3,H,W) to (N,512 or 2048,H/s,W/s), s the output
// stride: ResNet (He et al. 2015, arXiv 1512.03385) as torchvision has it, the stride of a
// bottleneck on its 3x3. A smaller output stride turns the strides of the last
// layers to 1 without dilation, as wsolevaluation does. Its stages are the stem
// and the four layers.
func resNet(b *builder, x *G.Node) *G.Node {
	c := b.cfg.Backbone
	net := resNets[c.Depth]
	width := func(w int) int { return max(1, int(math.Round(float64(w)*c.Width))) }
	b.enter(1)
	x = b.relu(b.norm("bn1", b.conv("conv1", x, resConv(width(64), 7, 2))))
	x = b.maxPool("maxpool", x, op.PoolAttr{Size: 3, Stride: 2, Pad: 1})
	stride := 4 // of x, relative to the image
	for l, blocks := range net.blocks {
		if !b.enter(l + 2) {
			break
		}
		s := 1
		if l > 0 && (c.OutputStride == 0 || stride < c.OutputStride) {
			s = 2
			stride *= 2
		}
		for i := range blocks {
			blk := block{name: fmt.Sprintf("layer%d.%d", l+1, i), width: width(64 << l), out: width(64 << l), stride: s, first: i == 0}
			if net.bottleneck {
				blk.out *= 4
				x = blk.bottleneck(b, x)
			} else {
				x = blk.basic(b, x)
			}
			s = 1
		}
	}
	return x
}

// block is one residual block.
type block struct {
	name       string
	width, out int
	stride     int
	first      bool // of its layer
}

func (k block) basic(b *builder, x *G.Node) *G.Node {
	y := b.relu(b.norm(k.name+".bn1", b.conv(k.name+".conv1", x, resConv(k.width, 3, k.stride))))
	y = b.norm(k.name+".bn2", b.conv(k.name+".conv2", y, resConv(k.width, 3, 1)))
	return b.relu(b.add(k.name, y, k.shortcut(b, x)))
}

func (k block) bottleneck(b *builder, x *G.Node) *G.Node {
	y := b.relu(b.norm(k.name+".bn1", b.conv(k.name+".conv1", x, resConv(k.width, 1, 1))))
	y = b.relu(b.norm(k.name+".bn2", b.conv(k.name+".conv2", y, resConv(k.width, 3, k.stride))))
	y = b.norm(k.name+".bn3", b.conv(k.name+".conv3", y, resConv(k.out, 1, 1)))
	return b.relu(b.add(k.name, y, k.shortcut(b, x)))
}

// shortcut is x itself, or a 1x1 projection where channels or size change. As
// in torchvision, layer1 of a basic net has none and the projection stays
// where an output stride has removed the stride.
func (k block) shortcut(b *builder, x *G.Node) *G.Node {
	if x == nil || !k.first || k.stride == 1 && x.Shape()[1] == k.out {
		return x
	}
	return b.norm(k.name+".downsample.1", b.conv(k.name+".downsample.0", x, resConv(k.out, 1, k.stride)))
}

func resConv(out, kernel, stride int) convSpec {
	return convSpec{out: out, kernel: kernel, stride: stride, pad: kernel / 2, weightInit: kaimingNormal}
}
