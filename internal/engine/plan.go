package engine

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// value is a tensor of the plan: a leaf whose memory the graph's node brings, or
// a range of the arena.
type value struct {
	shape  []int
	layout kernel.Layout
	leaf   *G.Node // nil for computed values
	layer  string  // that makes it
	keep   bool    // an output: stays until the next run
	last   int     // the last instruction that reads it
	at     span
	data   []float32
}

// instr is one step with its operands.
type instr struct {
	layer   string      // for a profile
	spec    kernel.Spec // nil for a reorder
	step    *kernel.Step
	in      []*value
	out     *value
	scratch span
	args    [][]float32
	work    []float32
}

// planner lowers the nodes of a graph into instructions.
type planner struct {
	backend kernel.Backend
	instrs  []*instr
	values  map[*G.Node]*value
	relaid  map[relaidKey]*value
	leaves  []*value
	layers  map[*G.Node]string
}

type relaidKey struct {
	v *value
	l kernel.Layout
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

func (p *planner) lower(g *G.ExprGraph, order G.Nodes) error {
	p.layers = layers(g, order)
	for _, n := range order {
		spec, computed, err := specOf(n)
		if err != nil {
			return err
		}
		if !computed {
			v := &value{shape: n.Shape(), layout: kernel.Plain, leaf: n, layer: p.layers[n]}
			p.values[n] = v
			p.leaves = append(p.leaves, v)
			continue
		}
		if err := p.add(n, spec, children(g, n)); err != nil {
			return fmt.Errorf("planning %v: %w", n.Op(), err)
		}
	}
	return nil
}

// add compiles one computation and the reorders that it asks for.
func (p *planner) add(n *G.Node, spec kernel.Spec, operands G.Nodes) error {
	in := make([]*value, len(operands))
	have := make([]kernel.Layout, len(operands))
	for i, c := range operands {
		in[i] = p.values[c]
		if in[i] == nil {
			return fmt.Errorf("operand %d is used before it is computed", i)
		}
		have[i] = in[i].layout
	}
	step, err := p.backend.Compile(spec, have)
	if err != nil {
		return err
	}
	for i, l := range step.In {
		in[i] = p.inLayout(in[i], l)
	}
	out := &value{shape: spec.Out(), layout: step.Out, layer: p.layers[n]}
	p.values[n] = out
	p.instrs = append(p.instrs, &instr{layer: out.layer, spec: spec, step: step, in: in, out: out})
	return nil
}

// inLayout gives v in the layout l, by a reorder where it has another.
func (p *planner) inLayout(v *value, l kernel.Layout) *value {
	if v.layout == l || sameOrder(v.shape, v.layout, l) {
		return v
	}
	key := relaidKey{v, l}
	if r := p.relaid[key]; r != nil {
		return r
	}
	out := &value{shape: v.shape, layout: l, layer: v.layer}
	b, from := p.backend, v.layout
	step := &kernel.Step{In: []kernel.Layout{from}, Out: l, InPlace: -1,
		Run: func(dst []float32, in [][]float32, _ []float32) {
			if err := b.Reorder(dst, in[0], v.shape, l, from); err != nil {
				panic(err) // reported by protect
			}
		}}
	p.instrs = append(p.instrs, &instr{layer: v.layer, step: step, in: []*value{v}, out: out})
	p.relaid[key] = out
	return out
}

// sameOrder tells whether two layouts store a shape in the same order.
func sameOrder(shape []int, a, b kernel.Layout) bool {
	if a >= kernel.FirstNative || b >= kernel.FirstNative {
		return false
	}
	return len(shape) != 4 || shape[1] == 1 || shape[2]*shape[3] == 1
}

// place plans the arena: a value lives from the instruction that makes it to
// the last that reads it, an output for ever, scratch for its instruction.
func (p *planner) place() int {
	for i, it := range p.instrs {
		it.out.last = i
		for _, v := range it.in {
			v.last = i
		}
	}
	var a arena
	for i, it := range p.instrs {
		if src := it.takenOver(i); src != nil {
			it.out.at = src.at
			src.at.n = 0
		} else {
			it.out.at = a.take(p.backend.Size(it.out.shape, it.out.layout))
		}
		if it.step.Scratch > 0 {
			it.scratch = a.take(it.step.Scratch)
			a.give(it.scratch)
		}
		for _, v := range append(it.in, it.out) {
			if v.leaf == nil && !v.keep && v.last == i && v.at.n > 0 {
				a.give(v.at)
				if v != it.out {
					v.at.n = 0
				}
			}
		}
	}
	return a.size
}

// takenOver is the operand whose memory the output of instruction i inherits.
func (it *instr) takenOver(i int) *value {
	k := it.step.InPlace
	if k < 0 || k >= len(it.in) {
		return nil
	}
	v := it.in[k]
	if v.leaf != nil || v.keep || v.last != i || v.layout != it.out.layout || !slices.Equal(v.shape, it.out.shape) {
		return nil
	}
	for j, other := range it.in {
		if j != k && other == v { // read twice
			return nil
		}
	}
	return v
}
