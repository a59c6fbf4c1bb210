package engine

import (
	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
	"acol/internal/op"
)

// Traced is a node of a graph as Trace lists it.
type Traced struct {
	// Name is the name of a leaf.
	Name string
	// Spec is what a node computes; nil for a leaf.
	Spec kernel.Spec
	// In holds the indices of the operands in the list.
	In []int
	// Shape is the logical shape of the value.
	Shape []int
	// Data is the memory of a leaf, row-major; nil for a leaf without a value.
	Data []float32
}

// Trace gives a graph as plain data, for packages that read it rather than run it: the nodes that
// the outputs need, operands before what uses them, and the indices of the outputs in that list.
func Trace(g *G.ExprGraph, outputs ...*G.Node) (nodes []Traced, at []int, err error) {
	order, err := reachable(g, outputs)
	if err != nil {
		return nil, nil, err
	}
	place := make(map[*G.Node]int, len(order))
	for i, n := range order {
		place[n] = i
		spec, computed, err := specOf(n)
		if err != nil {
			return nil, nil, err
		}
		t := Traced{Spec: spec, Shape: n.Shape()}
		if !computed {
			t.Name = n.Name()
			if v := n.Value(); v != nil {
				if t.Data, err = op.Floats(v); err != nil {
					return nil, nil, err
				}
			}
			nodes = append(nodes, t)
			continue
		}
		for _, c := range children(g, n) {
			t.In = append(t.In, place[c])
		}
		nodes = append(nodes, t)
	}
	for _, n := range outputs {
		at = append(at, place[n])
	}
	return nodes, at, nil
}
