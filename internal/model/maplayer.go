package model

import (
	"fmt"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/nearest"
)

// mark is a module of the network, under torchvision's name, with its output. All that the network
// computes behind it depends on the image through that output alone.
type mark struct {
	name string
	node *G.Node
}

// mark notes that x is the output of a module. Where the graph is cut at that module, it returns a
// leaf without a value in the place of x: what is built from then on depends on the leaf.
func (b *builder) mark(name string, x *G.Node) *G.Node {
	if b.err != nil || x == nil {
		return x
	}
	if name == b.cut {
		x = b.handed(name+" output", b.given)
		b.leaf = x
	}
	b.marks = append(b.marks, mark{name, x})
	return x
}

// layersOf lists the names of marks, without those in the heads of later branches: maps of a layer
// are of the first branch's logits.
func layersOf(marks []mark) []string {
	var names []string
	for _, m := range marks {
		head := strings.HasPrefix(m.name, "branches.")
		if !head || strings.HasPrefix(m.name, branchName(0)+".") {
			names = append(names, m.name)
		}
	}
	return names
}

// MapLayers lists the layers that maps can be of, in the order of the network and under
// torchvision's names: the modules through whose output all goes that the network computes. The
// convolutions of the first branch's head follow, each with its ReLU.
func (m *Model) MapLayers() []string { return slices.Clone(m.layers) }

// LayerError says that a network has no layer of a name that maps can be of.
type LayerError struct {
	Want string
	// Layers are those that there are; Nearest is the one that was most likely meant, or empty.
	Layers  []string
	Nearest string
}

func (e *LayerError) Error() string {
	text := fmt.Sprintf("the network has no layer %q to make maps of", e.Want)
	if e.Nearest != "" {
		text += fmt.Sprintf("; did you mean %s?", e.Nearest)
	}
	return text
}

// FindMapLayer returns the layer of a name; of an empty name the backbone's last. A name that is
// not one of MapLayers is a *LayerError.
func (m *Model) FindMapLayer(name string) (string, error) {
	if name == "" {
		return m.lastLayer, nil
	}
	if !slices.Contains(m.layers, name) {
		return "", &LayerError{name, m.MapLayers(), nearest.Meant(name, m.layers)}
	}
	return name, nil
}
