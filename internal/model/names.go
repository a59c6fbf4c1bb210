package model

import (
	"fmt"
	"slices"
	"sync"

	"acol/internal/weights"
)

// scheme is the names that one program gives to the tensors of a model. It is read where a file
// shows its marks, and written where an export asks for its format.
type scheme struct {
	// name, title and marks are those of weights.Scheme.
	name, title string
	marks       []string
	// pairs is the table of names for a model. For the zero Config it is the table that reads the
	// file of any model.
	pairs func(c Config) []weights.Pair
	// format is the value of acol weights export --to that may write these names; empty is none.
	format string
	// fits reports why the program has no place for a model's heads. Of the schemes of one format
	// the first that fits is written. It is nil where format is empty.
	fits func(c Config) error
}

// programs are the schemes that no family of backbones has for itself.
var programs = []scheme{
	{
		name: "acol", title: "acol's names", marks: []string{"branches.0.classifier.weight"},
		pairs: func(Config) []weights.Pair {
			return []weights.Pair{{Outside: "branches.*", Acol: "branches.*"}}
		},
		format: "acol",
		fits:   anyModel,
	},
	{ // https://github.com/clovaai/wsolevaluation, wsol
		name: "wsol", title: "wsolevaluation's names",
		marks: []string{"classifier_A.0.weight", "classifier_A.4.weight"},
		pairs: func(Config) []weights.Pair {
			return append(convHead("classifier_A", 0), convHead("classifier_B", 1)...)
		},
		format: "wsol",
		fits: func(c Config) error {
			if b := c.Branches; len(b.Kinds) != 2 || !publishedHead(b) {
				return fmt.Errorf("wsolevaluation's ACoL has two conv heads of %d channels, "+
					"the recipe %d %s of %d", publishedHeadWidth, len(b.Kinds), b.Head, b.HeadWidth)
			}
			return nil
		},
	},
}

// torchvisionNames is the scheme of every file whose names nobody else has.
var torchvisionNames = scheme{
	name: "torchvision", title: "torchvision's names", pairs: torchvisionPairs,
	format: "torchvision", fits: anyModel,
}

func anyModel(Config) error { return nil }

// schemes lists all schemes. The families' come first, as the more special ones of their formats;
// torchvision's, which has no marks, comes last.
func schemes() []scheme {
	var list []scheme
	for _, a := range architectures {
		list = append(list, a.schemes...)
	}
	return append(append(list, programs...), torchvisionNames)
}

// Schemes returns the names that acol reads, for weights.Canonical and weights.NamesOf.
var Schemes = sync.OnceValue(func() []weights.Scheme {
	var list []weights.Scheme
	for _, s := range schemes() {
		list = append(list, weights.Scheme{
			Name: s.name, Title: s.title, Marks: s.marks, Pairs: s.pairs(Config{}),
		})
	}
	return list
})

// classifier is the last layer of torchvision's network where that is a single layer on pooled
// features. It is then equal to a linear head: the mean over a 1x1 convolution's maps is a linear
// layer of the mean over the features.
type classifier struct {
	// layer is the layer's name; empty says that there is no such layer.
	layer string
	// whyNot says what the network has instead, where layer is empty, and own is that.
	whyNot string
	own    *ownHead
	// relu says that a ReLU stands between the layer and the global average, so that the whole of
	// it is a LinearReLUHead. A LinearHead, which has none, takes the layer's weights too.
	relu bool
	// conv says that the layer is a 1x1 convolution already, with weights (K,C,1,1) instead of
	// (K,C).
	conv bool
}

// head returns the head that computes what the classifier does.
func (c classifier) head() Head {
	if c.own != nil {
		return OwnHead
	}
	if c.relu {
		return LinearReLUHead
	}
	return LinearHead
}

// pair returns the line of a table by which the layer is the classifier of the first branch.
func (c classifier) pair() weights.Pair {
	p := weights.Pair{Outside: c.layer + ".*", Acol: branchName(0) + ".classifier.*"}
	if !c.conv {
		p.OutsideRank, p.AcolRank = 2, 4
	}
	return p
}

// torchvisionPairs makes the family's classifier the first branch's linear head. To read any file,
// it takes the classifiers of all families, each as a linear layer: one that is a convolution
// already keeps its shape.
func torchvisionPairs(c Config) []weights.Pair {
	if c.Backbone.Arch != "" {
		a, _ := findArchitecture(c.Backbone.Arch)
		head := c.Branches.Head
		if a.classifier.layer == "" || head != LinearHead && head != a.classifier.head() {
			return nil
		}
		return []weights.Pair{a.classifier.pair()}
	}
	var table []weights.Pair
	for _, a := range architectures {
		p := classifier{layer: a.classifier.layer}.pair()
		if a.classifier.layer != "" && !slices.Contains(table, p) {
			table = append(table, p)
		}
	}
	return table
}

// publishedHeadWidth is the channels of the conv heads of the authors and of wsolevaluation.
const publishedHeadWidth = 1024

// publishedHead reports whether the branches have the head that both of these codes have.
func publishedHead(b Branches) bool {
	return b.Head == ConvHead && b.HeadWidth == publishedHeadWidth
}

// convHead names the layers of that head, a Sequential of 3x3, ReLU, 3x3, ReLU and 1x1.
func convHead(outside string, branch int) []weights.Pair {
	return weights.Under(outside+".", branchName(branch)+".", []weights.Pair{
		{Outside: "0.*", Acol: "conv1.*"}, {Outside: "2.*", Acol: "conv2.*"},
		{Outside: "4.*", Acol: "classifier.*"},
	})
}

// onlyOneHead accepts models of a family with a single head of one kind, as a program's CAM has it.
func onlyOneHead(c Config, arch Arch, head Head) error {
	if b := c.Branches; len(b.Kinds) != 1 || b.Head != head || c.Backbone.Arch != arch {
		return fmt.Errorf("the network is a CAM on %s with one %s head", arch, head)
	}
	return nil
}
