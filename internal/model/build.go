package model

import (
	"cmp"
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/engine"
	"acol/internal/op"
)

// builder adds layers to a graph. It keeps the first error, which names the layer; after it every
// call returns nil.
type builder struct {
	g     *G.ExprGraph
	store *store
	cfg   Config
	arch  architecture
	train bool // batch norm on the batch's own statistics
	part  *Part
	// devices share out the images of the graph; 0 and 1 are one. split are the inputs of which
	// each has its own part.
	devices int
	split   G.Nodes
	// joins says that values are joined with those of other processes.
	joins bool
	group Group
	stage int // of the backbone, from 1
	// leaves are the nodes of the parameters in this graph.
	leaves []paramNode
	// constants are all leaves whose values do not change between two inferences.
	constants G.Nodes
	// norms are the statistics that batch norms measure in training.
	norms []normNode
	drops [][]float32 // the choices of attention dropout layers
	// depths are the stochastic depth layers.
	depths []depthLayer
	// guided are the features that SPG's branches B1 and B2 see.
	guided [2]*G.Node
	// marks are the layers through which all goes that the network computes, in its order.
	marks []mark
	// cut is the mark in whose place leaf stands, which has what given has.
	cut   string
	leaf  *G.Node
	given *engine.Handover
	err   error
}

// paramNode is a parameter and its node in a graph.
type paramNode struct {
	param *Param
	node  *G.Node
}

// normNode is the (2,C) statistics node of a batch norm in training. Of several devices that each
// have statistics of their own it is the mean of these.
type normNode struct {
	name  string
	stats *G.Node
	count int // elements behind each statistic
}

// unbias is what makes a variance of the batch that of a sample.
func (n normNode) unbias() float32 {
	if n.count < 2 {
		return 1
	}
	return float32(n.count) / float32(n.count-1)
}

func (b *builder) fail(name string, err error) *G.Node {
	if b.err == nil {
		b.err = fmt.Errorf("building %s: %w", name, err)
	}
	return nil
}

// layer runs f, unless there has been an error, and turns an error of f or a panic of Gorgonia's
// into an error that names the layer.
func (b *builder) layer(name string, f func() (*G.Node, error)) (n *G.Node) {
	if b.err != nil {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			n = b.fail(name, fmt.Errorf("%v", r))
		}
	}()
	n, err := f()
	if err != nil {
		return b.fail(name, err)
	}
	return n
}

// enter begins a stage of the backbone. It returns false where the recipe cuts the network before
// it.
func (b *builder) enter(stage int) bool {
	if keep := b.cfg.Backbone.Stages; keep > 0 && stage > keep {
		return false
	}
	b.stage = stage
	return true
}

// at is the stage of the layers that are being added, 0 in the heads.
func (b *builder) at() int {
	if b.group == HeadGroup {
		return 0
	}
	return b.stage
}

// frozen reports whether the layers that are being added keep their parameters in training.
func (b *builder) frozen() bool {
	return b.group == BackboneGroup && b.stage <= b.cfg.Backbone.FreezeStages
}

// param adds a parameter to the model, if it is new, and to the graph. stored is its shape in
// files, shape the one that its operation wants, which may have other axes of length 1.
func (b *builder) param(
	name string, kind Kind, stored, shape []int, init initializer,
) (*G.Node, error) {
	p, err := b.store.declare(Param{
		Name: name, Shape: stored, Kind: kind, Group: b.group, Stage: b.at(), Frozen: b.frozen(),
	}, init)
	if err != nil {
		return nil, err
	}
	// Layers may share a parameter: it then has one node, and its gradient is the sum of theirs.
	for _, l := range b.leaves {
		if l.param == p {
			return l.node, nil
		}
	}
	n := leafNode(b.g, name, shape, p.Data)
	b.leaves = append(b.leaves, paramNode{p, n})
	b.constants = append(b.constants, n)
	return n, nil
}

// convSpec describes a convolution layer.
type convSpec struct {
	// out is the number of output channels; kernel, stride and pad are those of both axes.
	out, kernel, stride, pad int
	// rect is the height and the width of a kernel that is not square. It is padded by half of
	// each.
	rect [2]int
	// groups is the number of groups; 0 means 1.
	groups int
	// matrix says that files have the weights as those of a linear layer, (O,I). I goes through the
	// positions of a kernel within each channel.
	matrix     bool
	bias       bool
	weightInit initializer
	biasInit   initializer
}

// conv adds the parameters <name>.weight and <name>.bias and the convolution of x (N,C,H,W) with
// them.
func (b *builder) conv(name string, x *G.Node, c convSpec) *G.Node {
	return b.layer(name, func() (*G.Node, error) {
		in, groups := x.Shape()[1], max(c.groups, 1)
		kernel := []int{c.kernel, c.kernel}
		if c.kernel == 0 {
			kernel = c.rect[:]
		}
		shape := []int{c.out, in / groups, kernel[0], kernel[1]}
		stored := shape
		if c.matrix {
			stored = []int{c.out, shape[1] * kernel[0] * kernel[1]}
		}
		w, err := b.param(name+".weight", Weight, stored, shape, c.weightInit)
		if err != nil {
			return nil, err
		}
		var bias *G.Node
		if c.bias {
			shape := []int{c.out}
			if bias, err = b.param(name+".bias", Bias, shape, shape, c.biasInit); err != nil {
				return nil, err
			}
		}
		return op.Conv2D(x, w, bias, op.ConvAttr{
			Stride: c.stride, Pad: c.pad, PadH: c.rect[0] / 2, PadW: c.rect[1] / 2, Groups: groups,
		})
	})
}

// normEps is PyTorch's default epsilon of batch norm; an architecture may have another.
const normEps = 1e-5

// affine adds the scale and the shift of the c channels of a norm.
func (b *builder) affine(name string, c int) (scale, shift *G.Node, err error) {
	shape := []int{c}
	if scale, err = b.param(name+".weight", Scale, shape, shape, constant(1)); err != nil {
		return nil, nil, err
	}
	shift, err = b.param(name+".bias", Shift, shape, shape, constant(0))
	return scale, shift, err
}

// norm adds a batch norm over the channels of x (N,C,H,W). In training it uses the statistics of
// the batch, unless batch norm or the stage is frozen.
func (b *builder) norm(name string, x *G.Node) *G.Node {
	return b.layer(name, func() (*G.Node, error) {
		s := x.Shape()
		c := s[1]
		scale, shift, err := b.affine(name, c)
		if err != nil {
			return nil, err
		}
		keep := b.frozen() || b.cfg.Backbone.FreezeBN
		running, err := b.store.declareStats(name, c, b.group, b.at(), keep)
		if err != nil {
			return nil, err
		}
		eps := cmp.Or(b.arch.eps, normEps)
		if !b.train || keep {
			stats := leafNode(b.g, name+".running", []int{2, c}, running)
			b.constants = append(b.constants, stats)
			y, _, err := op.BatchNorm(x, scale, shift, stats, eps)
			return y, err
		}
		images := s[0]
		if b.part.syncs() {
			images = b.part.Images
		}
		if images*s[2]*s[3] == 1 {
			return nil, &OneValueError{Shared: b.part.shared()}
		}
		var y, stats *G.Node
		if b.part.syncs() {
			b.joins = b.joins || b.part.Sum != nil
			y, stats, err = op.SyncBatchNorm(x, scale, shift, eps, b.part.share(s[0]))
		} else {
			y, stats, err = op.BatchNorm(x, scale, shift, nil, eps)
			if err == nil && b.devices > 1 {
				stats, err = op.PartSums(stats, 1/float32(b.devices))
			}
		}
		b.norms = append(b.norms, normNode{name, stats, images * s[2] * s[3]})
		return y, err
	})
}

func (b *builder) relu(x *G.Node) *G.Node {
	return b.layer("relu", func() (*G.Node, error) { return op.ReLU(x) })
}

func (b *builder) relu6(x *G.Node) *G.Node {
	return b.layer("relu6", func() (*G.Node, error) { return op.ReLU6(x) })
}

func (b *builder) maxPool(name string, x *G.Node, a op.PoolAttr) *G.Node {
	return b.layer(name, func() (*G.Node, error) { return op.MaxPool2D(x, a) })
}

func (b *builder) avgPool(name string, x *G.Node, a op.PoolAttr) *G.Node {
	return b.layer(name, func() (*G.Node, error) { return op.AvgPool2D(x, a) })
}

func (b *builder) add(name string, x, y *G.Node) *G.Node {
	return b.layer(name, func() (*G.Node, error) { return op.Add(x, y) })
}

func (b *builder) concat(name string, xs ...*G.Node) *G.Node {
	return b.layer(name, func() (*G.Node, error) { return op.Concat(xs...) })
}
