package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// branch is the output of one of the complementary classifiers.
type branch struct {
	logits *G.Node // (N,K)
	maps   *G.Node // (N,1,h,w), the label's, normalised
	seen   *G.Node // (N,C,h,w), the features that the classifier reads
}

// BranchTitle names the branch of an index, from 0, for people: "branch 1 (p)".
func BranchTitle(i int, kind byte) string { return fmt.Sprintf("branch %d (%c)", i+1, kind) }

// branches adds ACoL's complementary branches (Zhang et al. 2018, section 3.2) to the features x
// (N,C,h,w). Each classifies what the branches before it have left: where the label's normalised
// map of a branch is over that branch's delta, all channels are zero for the next ones.
func branches(b *builder, x *G.Node, t *targets, classes int) []branch {
	b.group = HeadGroup
	c := b.cfg.Branches
	out := make([]branch, len(c.Kinds))
	for i := range out {
		out[i] = oneBranch(b, branchName(i), x, t, classes)
		if i < len(c.Deltas) {
			x = b.layer(branchName(i)+" erasing", func() (*G.Node, error) {
				return op.Erase(x, out[i].maps, float32(c.Deltas[i]), c.Compare)
			})
		}
	}
	return out
}

// oneBranch adds the branch of that name to features x (N,C,h,w).
func oneBranch(b *builder, name string, x *G.Node, t *targets, classes int) (out branch) {
	maps, seen := head(b, name, x, classes)
	out.seen = seen
	out.logits = b.layer(name+" pooling", func() (*G.Node, error) { return op.GlobalAvgPool(maps) })
	out.maps = b.layer(name+" map", func() (*G.Node, error) { return t.classMap(maps) })
	return out
}

// branchName is the prefix of the parameters of branch i.
func branchName(i int) string { return fmt.Sprintf("branches.%d", i) }

// Head is the kind of classifier that every branch has.
type Head string

// The heads of the published codes; docs/backbones.md says which code has which.
const (
	// LinearHead is a 1x1 convolution.
	LinearHead Head = "linear"
	// ConvHead is two 3x3 convolutions with ReLU and a 1x1 convolution.
	ConvHead Head = "conv"
	// Conv6Head is one 3x3 convolution with ReLU and a 1x1 convolution.
	Conv6Head Head = "conv6"
	// LinearReLUHead is a 1x1 convolution with ReLU.
	LinearReLUHead Head = "linear-relu"
)

// Choices lists the heads.
func (Head) Choices() []string {
	return []string{
		string(LinearHead), string(ConvHead), string(Conv6Head), string(LinearReLUHead),
	}
}

// convs names the 3x3 convolutions before the head's 1x1 classifier.
func (h Head) convs() []string {
	switch h {
	case ConvHead:
		return []string{".conv1", ".conv2"}
	case Conv6Head:
		return []string{".conv1"}
	}
	return nil
}

// head maps features (N,C,h,w) to a map for each class, (N,K,h,w), by the 3x3 convolutions of the
// recipe's head and a 1x1 convolution, with the ReLU behind it that one head has. seen is what the
// 1x1 convolution reads.
func head(b *builder, name string, x *G.Node, classes int) (maps, seen *G.Node) {
	if b.cfg.Branches.Head == OwnHead {
		return b.arch.classifier.own.build(b, x, classes), x
	}
	for _, l := range b.cfg.Branches.Head.convs() {
		x = b.mark(name+l, b.relu(headConv(b, name+l, x, b.cfg.Branches.HeadWidth, 3)))
	}
	if b.arch.dropsInHead {
		x = b.attentionDrop(x)
	}
	maps = headConv(b, name+".classifier", x, classes, 1)
	if b.cfg.Branches.Head == LinearReLUHead {
		maps = b.relu(maps)
	}
	return maps, x
}

// headConv adds a convolution of a head, with PyTorch's own initial weights.
func headConv(b *builder, name string, x *G.Node, out, kernel int) *G.Node {
	if b.err != nil {
		return nil
	}
	init := torchDefault(x.Shape()[1] * kernel * kernel)
	return b.conv(name, x, convSpec{
		out: out, kernel: kernel, stride: 1, pad: kernel / 2,
		bias: true, weightInit: init, biasInit: init,
	})
}
