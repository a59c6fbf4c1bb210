package model

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"acol/internal/cam"
	"acol/internal/engine"
)

// Align says where the positions of a map lie on the network's input.
type Align string

// The places of positions.
const (
	// Stretch spreads them evenly over the input, as wsolevaluation and most other codes do by
	// resizing the map to it.
	Stretch Align = "stretch"
	// Receptive puts each at the centre of its receptive field, as windows, strides and paddings
	// alone say. Where padding is large beside the field, a network looks elsewhere.
	Receptive Align = "receptive"
)

// Choices lists the places.
func (Align) Choices() []string { return []string{string(Stretch), string(Receptive)} }

// mapGrid says where the positions of the maps of a layer lie on an input of h x w pixels, by the
// recipe; of the layer "" those of the heads' maps.
func (m *Model) mapGrid(layer string, h, w int) (cam.Grid, error) {
	if m.cfg.Branches.Align != Receptive {
		return cam.Grid{}, nil
	}
	b := m.builder(false)
	image := leafNode(b.g, "image", []int{1, 3, h, w}, make([]float32, 3*h*w))
	at := backbone(b, image)
	if layer != "" {
		b.group = HeadGroup
		oneBranch(b, branchName(0), at, b.labels(1), m.classes)
		at = b.marks[slices.IndexFunc(b.marks, func(k mark) bool { return k.name == layer })].node
	}
	if b.err != nil {
		return cam.Grid{}, b.err
	}
	nodes, index, err := engine.Trace(b.g, G.Nodes{image, at}...)
	if err != nil {
		return cam.Grid{}, err
	}
	t := &Trace{Nodes: nodes, Image: index[0]}
	seen := t.windows()[index[1]]
	axis := func(w window, side int) cam.Axis {
		return cam.Axis{First: w.first / float64(side), Step: float64(w.step) / float64(side)}
	}
	return cam.Grid{Y: axis(seen[0], h), X: axis(seen[1], w)}, nil
}
