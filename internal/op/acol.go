package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// ClassMap is the class activation map of each image's label: channel labels[n] of maps (N,K,H,W),
// min-max normalised to [0,1], as (N,1,H,W). A map that is constant or not finite becomes zeros.
// labels (N) are class indices stored as float32. The map is a constant in the backward pass (Zhang
// et al. 2018, section 3.2, https://arxiv.org/abs/1804.06962).
func ClassMap(maps, labels *G.Node) (*G.Node, error) {
	s, err := shape4(maps)
	if err != nil {
		return nil, fmt.Errorf("class map: %w", err)
	}
	return leaf(kernel.ClassMap{Maps: s}, maps, labels)
}

// Erase sets x (N,C,H,W) to zero, in all channels, where classMap (N,1,H,W) compares over delta.
// The gradient passes where x was kept; none reaches the map.
func Erase(x, classMap *G.Node, delta float32, cmp kernel.Compare) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	spec := kernel.Erase{X: s, Delta: delta, Cmp: cmp}
	grad := func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(spec, dy, in[1])
		return G.Nodes{dx, nil}, err
	}
	return apply(spec, grad, []bool{true, false}, x, classMap)
}
