package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// squeezeNet11 lists torchvision's squeezenet1_1.features: a fire module has
// squeeze and expand channels, a zero is the pool at that index.
var squeezeNet11 = []struct{ squeeze, expand int }{
	2:  {}, // pool
	3:  {16, 64},
	4:  {16, 64},
	5:  {}, // pool
	6:  {32, 128},
	7:  {32, 128},
	8:  {}, // pool
	9:  {48, 192},
	10: {48, 192},
	11: {64, 256},
	12: {64, 256},
}

// squeezeNet maps images (N,3,H,W) to (N,512,H/16,W/16): SqueezeNet 1.1
// (Iandola et al. 2016, arXiv 1602.07360), torchvision's names. Its stages are
// what lies between the pools.
func squeezeNet(b *builder, x *G.Node) *G.Node {
	pool := op.PoolAttr{Size: 3, Stride: 2, Ceil: true}
	b.enter(1)
	x = b.relu(b.conv("features.0", x, squeezeConv(64, 3, 2, 0)))
	for i := 2; i < len(squeezeNet11); i++ {
		name, f := fmt.Sprintf("features.%d", i), squeezeNet11[i]
		if f.squeeze > 0 {
			x = fire(b, name, x, f.squeeze, f.expand)
			continue
		}
		if !b.enter(b.stage + 1) {
			break
		}
		x = b.maxPool(name, x, pool)
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
	return convSpec{out, kernel, stride, pad, true, kaimingUniform, constant(0)}
}
