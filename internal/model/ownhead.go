package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// OwnHead is the end of a published classifier that makes no maps, such as VGG's three linear
// layers: it computes the logits alone, as (N,K,1,1). It is of classifiers that are used as they
// were published, and not one of Choices: a recipe trains no such head.
const OwnHead Head = "own"

// ownHead is the end of torchvision's network where that is more than a global average and a single
// layer.
type ownHead struct {
	// last is the layer that computes the logits, under torchvision's name as all its layers are.
	last string
	// width is the number of channels inside, where torchvision has them; 0 is none.
	width int
	// build maps features (N,C,h,w) to logits (N,K,1,1).
	build func(b *builder, x *G.Node, classes int) *G.Node
}

// vggSide is the side of the features that VGG's first linear layer reads.
const vggSide = 7

// vggEnd is the average to 7x7 positions and the three linear layers of torchvision's VGG. Its
// dropout does nothing in inference. The first layer is a convolution of 7x7 of all positions.
func vggEnd(b *builder, x *G.Node, classes int) *G.Node {
	if b.err != nil {
		return nil
	}
	s := x.Shape()
	if s[2] != s[3] || s[2]%vggSide != 0 {
		return b.fail("classifier", fmt.Errorf("features of %dx%d: its linear layers read %dx%d, "+
			"so that data.input.size is a multiple of 224", s[2], s[3], vggSide, vggSide))
	}
	if k := s[2] / vggSide; k > 1 {
		x = b.avgPool("avgpool", x, op.PoolAttr{Size: k, Stride: k})
	}
	width := b.cfg.Branches.HeadWidth
	x = b.relu(linear(b, "classifier.0", x, width, vggSide))
	x = b.relu(linear(b, "classifier.3", x, width, 1))
	return linear(b, "classifier.6", x, classes, 1)
}

// convNeXtEnd is the global average, the norm and the linear layer of torchvision's ConvNeXt.
func convNeXtEnd(b *builder, x *G.Node, classes int) *G.Node {
	x = b.layer("avgpool", func() (*G.Node, error) { return op.SpatialMean(x) })
	return linear(b, "classifier.2", layerNorm(b, "classifier.0", x), classes, 1)
}

// linear adds a linear layer that reads all of kernel x kernel positions, as a convolution.
func linear(b *builder, name string, x *G.Node, out, kernel int) *G.Node {
	if b.err != nil {
		return nil
	}
	init := torchDefault(x.Shape()[1] * kernel * kernel)
	return b.conv(name, x, convSpec{
		out: out, kernel: kernel, stride: 1, matrix: true,
		bias: true, weightInit: init, biasInit: init,
	})
}

// NoMapsError says that a model has no maps of its own, since its head is OwnHead.
type NoMapsError struct{ why string }

func (e *NoMapsError) Error() string {
	return "the network has no class activation maps before it is trained for them: it has " + e.why
}

// noMaps is a *NoMapsError where the head makes no maps.
func (m *Model) noMaps() error {
	if m.cfg.Branches.Head != OwnHead {
		return nil
	}
	a, _ := findArchitecture(m.cfg.Backbone.Arch)
	return &NoMapsError{a.classifier.whyNot}
}
