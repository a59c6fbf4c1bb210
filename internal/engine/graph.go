package engine

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// unit is one value of a plan before it has a layout: a leaf, or the result of a Spec on other
// units.
type unit struct {
	spec   kernel.Spec // nil for a leaf
	in     []*unit
	users  []*unit // those that it is an operand of, once for each operand
	node   *G.Node // the node whose value it is; nil where fusing made the unit
	layer  string
	wanted bool
	fixed  bool  // stays the same from run to run: a fixed leaf, or computed from such alone
	heir   *unit // what a leaf becomes after a run; nil for others
	inner  bool  // wanted as an heir alone
	split  bool  // a leaf or an output of which each device has another value
}

// reachable lists the nodes that the outputs need in the order in which they were made. That is a
// topological order, and keeps the two gradients of a convolution together.
func reachable(g *G.ExprGraph, outputs G.Nodes) (G.Nodes, error) {
	seen := map[int64]*G.Node{}
	stack := slices.Clone(outputs)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == nil {
			return nil, fmt.Errorf("planning: a wanted output is missing")
		}
		if seen[n.ID()] != nil {
			continue
		}
		seen[n.ID()] = n
		stack = append(stack, children(g, n)...)
	}
	order := make(G.Nodes, 0, len(seen))
	for _, n := range seen {
		order = append(order, n)
	}
	sort.Slice(order, func(i, j int) bool { return order[i].ID() < order[j].ID() })
	return order, nil
}

func children(g *G.ExprGraph, n *G.Node) G.Nodes {
	var cs G.Nodes
	for it := g.From(n.ID()); it.Next(); {
		cs = append(cs, it.Node().(*G.Node))
	}
	return cs
}

// specOf gives the computation of a node, or false for a leaf.
func specOf(n *G.Node) (kernel.Spec, bool, error) {
	o := n.Op()
	if o == nil || strings.HasPrefix(o.String(), "const") {
		return nil, false, nil
	}
	if s, ok := o.(interface{ Spec() kernel.Spec }); ok {
		return s.Spec(), true, nil
	}
	if o.String() == "+ false" { // Gorgonia's own sum, by which Grad joins gradients
		s := kernel.Add{Dims: n.Shape().Dims()}
		copy(s.Shape[:], n.Shape())
		return s, true, nil
	}
	return nil, false, fmt.Errorf("planning: op %v of node %v is not one of acol's", o, n)
}

// units makes units of the nodes that the outputs need, operands before what uses them.
func units(g *G.ExprGraph, fixed, outputs G.Nodes) ([]*unit, error) {
	order, err := reachable(g, outputs)
	if err != nil {
		return nil, err
	}
	names := layers(g, order)
	of := make(map[*G.Node]*unit, len(order))
	list := make([]*unit, 0, len(order))
	for _, n := range order {
		spec, computed, err := specOf(n)
		if err != nil {
			return nil, err
		}
		u := &unit{node: n, layer: names[n], wanted: slices.Contains(outputs, n)}
		if computed {
			var in []*unit
			for i, c := range children(g, n) {
				if of[c] == nil {
					return nil, fmt.Errorf("planning %v: operand %d is used before it is computed", n.Op(), i)
				}
				in = append(in, of[c])
			}
			u.become(spec, in...)
		} else {
			u.fixed = slices.Contains(fixed, n)
		}
		of[n] = u
		list = append(list, u)
	}
	return list, nil
}

// become makes u the result of a Spec on other units.
func (u *unit) become(spec kernel.Spec, in ...*unit) {
	for _, x := range u.in {
		x.users = slices.Delete(x.users, slices.Index(x.users, u), slices.Index(x.users, u)+1)
	}
	u.spec, u.in, u.fixed = spec, in, true
	for _, x := range in {
		x.users = append(x.users, u)
		u.fixed = u.fixed && x.fixed
	}
}

// madeAfter says whether u is computed after v.
func (u *unit) madeAfter(v *unit) bool {
	return u.node != nil && v.node != nil && u.node.ID() > v.node.ID()
}

// only gives the sole user of a value; nil where there are others, or the value is an output.
func (u *unit) only() *unit {
	if u.wanted || len(u.users) != 1 {
		return nil
	}
	return u.users[0]
}

// live drops the units that have no user left after fusing.
func live(list []*unit) []*unit {
	kept := make([]*unit, 0, len(list))
	for _, u := range slices.Backward(list) {
		if u.wanted || len(u.users) > 0 {
			kept = append(kept, u)
			continue
		}
		for _, x := range u.in {
			x.users = slices.Delete(x.users, slices.Index(x.users, u), slices.Index(x.users, u)+1)
		}
		u.in = nil
	}
	slices.Reverse(kept)
	return kept
}
