package engine

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// unit is one value of a plan before it has a layout: a leaf, or what a Spec
// makes of other units.
type unit struct {
	spec   kernel.Spec // nil for a leaf
	in     []*unit
	users  []*unit // one for each operand that it is
	node   *G.Node // whose value it is; nil where fusing made it
	layer  string
	wanted bool
	fixed  bool // stays from run to run: a fixed leaf, or made of such alone
}

// reachable lists what the outputs need, in order of construction, which is a
// topological one and keeps the two halves of a backward step together.
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

// specOf is the computation of a node; false for a leaf.
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

// units turns the nodes that the outputs need into units, in order.
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

// become makes u the value of a Spec of other units.
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

// madeAfter compares places in the list, which is in order of the nodes.
func (u *unit) madeAfter(v *unit) bool {
	return u.node != nil && v.node != nil && u.node.ID() > v.node.ID()
}

// only is the sole user of a value that nobody else wants; nil where there is none.
func (u *unit) only() *unit {
	if u.wanted || len(u.users) != 1 {
		return nil
	}
	return u.users[0]
}

// live drops the units that fusing left without a user.
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
