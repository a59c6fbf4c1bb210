package model

import (
	"cmp"
	"slices"

	"acol/internal/hub"
)

// Published is a weight file that torchvision publishes for a network, trained on ImageNet-1k.
type Published struct {
	// Name is torchvision's name of the network; -v2 is added to it for IMAGENET1K_V2.
	Name string `json:"name"`
	hub.File
	// Parameters is the number of trained values of torchvision's network, its classifiers
	// included.
	Parameters int `json:"parameters"`
	// Top1 is the accuracy on ImageNet's validation images, in percent, that torchvision states.
	Top1 float64 `json:"top1"`
}

// published is a row of a family's table, with the figures of torchvision's release 0.29.
type published struct {
	file       string
	mib        float64
	parameters int
	top1       float64
}

// Weights says what a training starts from: the published files of the network that Suggestions
// names, a file of the user's, or "" for random values.
type Weights string

// versions are what Weights calls the published files of a network, in the order of
// network.published. The papers of the field started from the first.
var versions = []struct {
	weights Weights
	suffix  string
}{{"imagenet", ""}, {"imagenet-v2", "-v2"}}

// Suggestions lists the names of published files.
func (Weights) Suggestions() []string {
	names := make([]string, len(versions))
	for i, v := range versions {
		names[i] = string(v.weights)
	}
	return names
}

// files lists the network's published files.
func (n network) files() []Published {
	list := make([]Published, len(n.published))
	for i, p := range n.published {
		list[i] = Published{
			Name: n.torchvision + versions[i].suffix, File: hub.File{Name: p.file, MiB: p.mib},
			Parameters: p.parameters, Top1: p.top1,
		}
	}
	return list
}

// PublishedFiles lists everything that torchvision publishes for the networks of acol. (VGG16's
// IMAGENET1K_FEATURES is left out: it wants images on another scale and has no classifier.)
func PublishedFiles() []Published {
	var list []Published
	for _, a := range architectures {
		for _, n := range a.networks {
			list = append(list, n.files()...)
		}
	}
	return list
}

// FindPublished returns the published file of a name: resnet50, resnet50-v2, in any case and with
// any marks between its words.
func FindPublished(name string) (Published, bool) {
	list, name := PublishedFiles(), plainNetwork(name)
	i := slices.IndexFunc(list, func(p Published) bool { return plainNetwork(p.Name) == name })
	if i < 0 {
		return Published{}, false
	}
	return list[i], true
}

// WantsPublished reports whether Weights asks for weights that torchvision publishes, imagenet or
// imagenet-v2, and not for a file of the user's.
func (b Backbone) WantsPublished() bool { return b.version() >= 0 }

func (b Backbone) version() int {
	for i, v := range versions {
		if v.weights == b.Weights {
			return i
		}
	}
	return -1
}

// Published returns the file that Weights asks for. ok is false where torchvision publishes none
// for the network, or for another structure of it than the backbone's variant and width.
func (b Backbone) Published() (file Published, ok bool) {
	a, _ := findArchitecture(b.Arch)
	n, _ := a.network(b.Depth)
	files, version := n.files(), b.version()
	if version < 0 || version >= len(files) || b.Width != 1 {
		return Published{}, false
	}
	if v, ok := a.variant(b.Variant); !ok || v.unpublished {
		return Published{}, false
	}
	return files[version], true
}

// TorchvisionName returns the name of the function in torchvision.models that makes the network.
func (b Backbone) TorchvisionName() string {
	a, _ := findArchitecture(b.Arch)
	n, _ := a.network(b.Depth)
	return n.torchvision
}

// inputScale is what is subtracted from the R, G and B of an image, on values in [0,1], and what
// the differences are divided by.
type inputScale struct{ mean, std [3]float64 }

var (
	imageNetScale = inputScale{[3]float64{0.485, 0.456, 0.406}, [3]float64{0.229, 0.224, 0.225}}
	// halfScale is that of networks which were trained in TensorFlow. torchvision's inception_v3
	// and googlenet set transform_input where they load weights, which converts an input of
	// ImageNet's scale to this one; without weights they take the input as it is, and so do all its
	// other networks (torchvision/models/googlenet.py and inception.py, release 0.29).
	halfScale = inputScale{[3]float64{0.5, 0.5, 0.5}, [3]float64{0.5, 0.5, 0.5}}
)

// PublishedScale returns the mean and the standard deviation of the input on which torchvision
// trained the published weights of the backbone's family.
func (b Backbone) PublishedScale() (mean, std []float64) {
	a, _ := findArchitecture(b.Arch)
	s := cmp.Or(a.scale, imageNetScale)
	return s.mean[:], s.std[:]
}

// UsualScale returns the mean and the standard deviation that a recipe means where it gives none:
// those of the published weights for torchvision's own structures, ImageNet's for all others.
// wsolevaluation, for one, starts its Inception from torchvision's weights on ImageNet's scale.
func (b Backbone) UsualScale() (mean, std []float64) {
	if b.Variant == "" || b.Variant == torchvision {
		return b.PublishedScale()
	}
	s := imageNetScale
	return s.mean[:], s.std[:]
}
