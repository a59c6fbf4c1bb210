package model

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/kernel"
	"acol/internal/nearest"
	"acol/internal/weights"
)

// Classifier is a whole network that somebody trained to classify ImageNet-1k. Where its last layer
// is linear and follows a global average, the score of a class is the mean of that class's map, so
// that the map needs no training (Zhou et al. 2016, arXiv 1512.04150).
type Classifier struct {
	// Name is how the network is asked for: resnet50, resnet50-v2, googlenet_bvlc.
	Name string
	// WhyNot says what the network has instead of such a last layer; it is empty where it has one.
	// Its Config then has OwnHead, and its maps are those of other methods than CAM.
	WhyNot string
	// Config is the network with a single branch, its classifier.
	Config Config
	// Side is that of the square images, in pixels, on which the network is evaluated.
	Side int
	// Mean and Std are the scale of the images, as in data.mean and data.std.
	Mean, Std []float64
	// Published is the file of torchvision's weights; nil where torchvision has none.
	Published *Published
}

// usualSide is that of the images on which most networks of ImageNet are evaluated, in pixels.
const usualSide = 224

// Classifiers lists the networks of PublishedFiles, and structures of which others have published
// weights.
func Classifiers() []Classifier {
	var list []Classifier
	for _, a := range architectures {
		for _, n := range a.networks {
			for _, f := range n.files() {
				c := a.imageNet(n, a.variants[0])
				c.Name, c.Published = f.Name, &f
				list = append(list, c)
			}
			for _, v := range a.variants {
				if v.elsewhere {
					list = append(list, a.imageNet(n, v))
				}
			}
		}
	}
	return list
}

// imageNet returns the classifier that a variant of a network is.
func (a architecture) imageNet(n network, v variant) Classifier {
	cfg := DefaultConfig()
	cfg.Backbone.Arch, cfg.Backbone.Depth, cfg.Backbone.Variant = a.name, n.depth, v.name
	cfg.Branches.Kinds, cfg.Branches.Deltas = "p", nil
	cfg.Branches.Head = a.classifier.head()
	if own := a.classifier.own; own != nil && own.width > 0 {
		cfg.Branches.HeadWidth = own.width
	}
	c := Classifier{
		Name: n.torchvision + "_" + v.name, WhyNot: a.classifier.whyNot, Config: cfg,
		Side: cmp.Or(a.sides[n.depth], usualSide),
	}
	c.Mean, c.Std = cfg.Backbone.UsualScale()
	return c
}

// ClassifierError says that acol has no classifier of a name, or none whose maps need no training.
type ClassifierError struct {
	Want string
	// WhyNot is the Classifier's; it is empty where there is none of the name.
	WhyNot string
	// Nearest is the name that was most likely meant, or empty where none is near.
	Nearest string
}

func (e *ClassifierError) Error() string {
	switch {
	case e.WhyNot == "" && e.Nearest == "":
		return fmt.Sprintf("no network %q", e.Want)
	case e.WhyNot == "":
		return fmt.Sprintf("no network %q; did you mean %s?", e.Want, e.Nearest)
	}
	return fmt.Sprintf("%s has no class activation maps before it is trained for them: they need "+
		"a last layer that is linear and follows a global average, and it has %s",
		e.Want, e.WhyNot)
}

// HasCAM is a *ClassifierError where the classifier has no maps of its own.
func (c Classifier) HasCAM() error {
	if c.WhyNot != "" {
		return &ClassifierError{Want: c.Name, WhyNot: c.WhyNot}
	}
	return nil
}

// Outputs returns the number of classes in a file of the classifier's tensors, which have acol's
// names; ok is false where the layer that computes the logits is not there.
func (c Classifier) Outputs(sd *weights.StateDict) (n int, ok bool) {
	a, _ := findArchitecture(c.Config.Backbone.Arch)
	last, rank := branchName(0)+".classifier", 4
	if own := a.classifier.own; own != nil {
		last, rank = own.last, 2
	}
	t, ok := sd.Get(last + ".weight")
	if !ok || len(t.Shape) != rank || t.Shape[0] < 1 {
		return 0, false
	}
	return t.Shape[0], true
}

// FindClassifier returns the classifier of a name, in any case and with any marks between its
// words: a network, its weights of version 2 (resnet50-v2), a structure with its variant
// (googlenet_bvlc), or a family (resnet), which stands for its usual network. An error is a
// *ClassifierError.
func FindClassifier(name string) (Classifier, error) {
	find := func(name string) (c Classifier, names []string, ok bool) {
		for _, c := range Classifiers() {
			if plainNetwork(c.Name) == plainNetwork(name) {
				return c, nil, true
			}
			names = append(names, c.Name)
		}
		return c, names, false
	}
	c, names, ok := find(name)
	if a, family := findArchitecture(Arch(strings.ToLower(name))); !ok && family {
		depth, _ := UsualDepth(a.name)
		n, _ := a.network(depth)
		c, _, ok = find(n.torchvision)
	}
	if !ok {
		return c, &ClassifierError{Want: name, Nearest: nearest.Meant(name, names)}
	}
	return c, nil
}

// ClassifierOf returns the classifier whose weights a file holds. The file's name tells it, as in
// resnet50-0676ba61.pth or squeezenet1_1.safetensors, else the number of its trained values; sd has
// acol's names. An error is a *ClassifierError, or says that neither tells.
func ClassifierOf(path string, sd *weights.StateDict) (Classifier, error) {
	base := filepath.Base(path)
	list := Classifiers()
	longest := -1
	for i, c := range list {
		if c.Published != nil && c.Published.File.Name == base {
			return c, nil
		}
		begins := strings.HasPrefix(plainNetwork(base), plainNetwork(c.Name))
		if begins && (longest < 0 || len(c.Name) > len(list[longest].Name)) {
			longest = i
		}
	}
	if longest >= 0 {
		return list[longest], nil
	}
	trained := trainedValues(sd, nil)
	for _, c := range list {
		a, _ := findArchitecture(c.Config.Backbone.Arch)
		if c.Published != nil && (c.Published.Parameters == trained ||
			c.Published.Parameters == trainedValues(sd, a.extra)) {
			return c, nil
		}
	}
	return Classifier{}, fmt.Errorf("neither the name of %s nor its %d trained values tell "+
		"which network it is of", path, trained)
}

// trainedValues counts the values of a file, without running statistics and without the tensors
// that patterns without match.
func trainedValues(sd *weights.StateDict, without []string) int {
	n := 0
	for _, name := range sd.Names() {
		t, _ := sd.Get(name)
		beside := slices.ContainsFunc(without, func(pattern string) bool {
			return strings.HasPrefix(name, strings.TrimSuffix(pattern, "*"))
		})
		if t.DType.Float() && !strings.Contains(name, ".running_") && !beside {
			n += kernel.Elements(t.Shape)
		}
	}
	return n
}
