package engine

import (
	"strings"
	"time"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// Profiler is told of every instruction that has run: the layer that it belongs to (the
// name of its parameters without their last part, layer1.0.conv1; of what has none,
// the layer that it follows), what it computes (nil for a reorder between layouts),
// and its time.
type Profiler func(layer string, spec kernel.Spec, took time.Duration)

// Profile has f called, on the engine's thread, for each instruction of the runs that
// follow; nil ends that.
func (vm *VM) Profile(f Profiler) { vm.profile = f }

// layers names the layer of every node: that of its own parameters, of the node whose
// gradient it is, or of its first operand.
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

// layerOfLeaves is the layer of the first parameter among the nodes: its name up to the last dot.
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

// statistics are those of the nodes that a batch norm has measured.
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
