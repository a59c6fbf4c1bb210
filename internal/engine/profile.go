package engine

import (
	"strings"
	"time"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// Profiler is called for every instruction that has run. layer is the name of the instruction's
// parameters without its last part, such as layer1.0.conv1, or, for one without parameters, of the
// layer that it follows. spec is what it computes, nil for a reorder between layouts; took is its
// time.
type Profiler func(layer string, spec kernel.Spec, took time.Duration)

// Profile makes the following runs call f for each instruction, on the engine's thread. Profile of
// nil ends that.
func (vm *VM) Profile(f Profiler) { vm.profile = f }

// layers gives the name of every node's layer: the layer of its own parameters, else of the node
// whose gradient it is, else of its first operand.
func layers(g *G.ExprGraph, order G.Nodes) map[*G.Node]string {
	names := make(map[*G.Node]string, len(order))
	for _, n := range order { // operands come first
		cs := children(g, n)
		own := layerOfLeaves(append(cs, n))
		if own != "" {
			for _, c := range cs { // its batch norm measures for no other layer
				if kindOf(c) == "NormStats" {
					names[c] = own
				}
			}
		}
		if own == "" {
			own = layerOfLeaves(n.DerivOf())
		}
		for _, from := range [...]G.Nodes{statistics(cs), n.DerivOf(), cs} {
			for i := 0; i < len(from) && own == ""; i++ {
				own = names[from[i]]
			}
		}
		names[n] = own
	}
	return names
}

// layerOfLeaves is the name of the first parameter among the nodes, up to its last dot.
func layerOfLeaves(nodes G.Nodes) string {
	for _, n := range nodes {
		if n.Op() != nil {
			continue
		}
		if dot := strings.LastIndexByte(n.Name(), '.'); dot > 0 {
			return n.Name()[:dot]
		}
	}
	return ""
}

// statistics gives the batch statistics among the nodes.
func statistics(nodes G.Nodes) G.Nodes {
	for _, n := range nodes {
		if kindOf(n) == "NormStats" {
			return G.Nodes{n}
		}
	}
	return nil
}

func kindOf(n *G.Node) string {
	if spec, ok, _ := specOf(n); ok {
		return kernel.Kind(spec)
	}
	return ""
}
