package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
	"acol/internal/op"
)

// branch is what one classifier gives.
type branch struct {
	logits *G.Node // (N,K)
	maps   *G.Node // (N,1,h,w), the label's, normalised
}

// branches adds ACoL's complementary branches to the features x (N,C,h,w). Each
// classifies what its predecessors have left: where the normalised map of the
// label compares over the branch's delta, all channels are set to zero for the
// next ones.
func branches(b *builder, x *G.Node, t *targets, classes int) []branch {
	b.group = HeadGroup
	c := b.cfg.Branches
	cmp := kernel.Greater
	if c.Compare == "ge" {
		cmp = kernel.GreaterEqual
	}
	out := make([]branch, len(c.Kinds))
	for i := range out {
		out[i] = oneBranch(b, branchName(i), x, t, classes)
		if i < len(c.Deltas) {
			x = b.layer(branchName(i)+" erasing", func() (*G.Node, error) {
				return op.Erase(x, out[i].maps, float32(c.Deltas[i]), cmp)
			})
		}
	}
	return out
}

// oneBranch is what the branch of a name gives for features x.
func oneBranch(b *builder, name string, x *G.Node, t *targets, classes int) (out branch) {
	maps := head(b, name, x, classes)
	out.logits = b.layer(name+" pooling", func() (*G.Node, error) { return op.GlobalAvgPool(maps) })
	out.maps = b.layer(name+" map", func() (*G.Node, error) { return t.classMap(maps) })
	return out
}

func branchName(i int) string { return fmt.Sprintf("branches.%d", i) }

// headConvs names the 3x3 convolutions of a head before its classifier.
var headConvs = map[string][]string{
	"linear": {},
	"conv":   {".conv1", ".conv2"},
	"conv6":  {".conv1"},
}

// head maps features to one map for each class, (N,K,h,w): a 1x1 convolution,
// after the 3x3 convolutions of the recipe's head.
func head(b *builder, name string, x *G.Node, classes int) *G.Node {
	for _, l := range headConvs[b.cfg.Branches.Head] {
		x = b.relu(headConv(b, name+l, x, b.cfg.Branches.HeadWidth, 3))
	}
	if b.arch.dropsInHead {
		x = b.attentionDrop(x)
	}
	return headConv(b, name+".classifier", x, classes, 1)
}

func headConv(b *builder, name string, x *G.Node, out, kernel int) *G.Node {
	if b.err != nil {
		return nil
	}
	init := torchDefault(x.Shape()[1] * kernel * kernel)
	return b.conv(name, x, convSpec{out: out, kernel: kernel, stride: 1, pad: kernel / 2, bias: true, weightInit: init, biasInit: init})
}
