package engine

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// value is a tensor of the plan. Its memory is that of a leaf of the graph, a range of the arena,
// or its own where the value is computed once for many runs.
type value struct {
	shape  []int
	parts  int // how many values of that shape data has, of as many devices; 0 is one
	layout backend.Layout
	leaf   *G.Node // nil for computed values
	bound  G.Value // the leaf's value that data belongs to
	layer  string  // the layer that computes it
	fixed  bool    // computed once, from fixed leaves
	keep   bool    // an output: stays until the next run
	last   int     // the last instruction that reads it
	at     span
	data   []float32
}

// instr is one instruction: a routine with its operands.
type instr struct {
	layer   string      // for a profile
	spec    kernel.Spec // nil for a reorder
	routine *backend.Routine
	in      []*value
	out     *value
	scratch span
	args    [][]float32
	work    []float32
}

// planner lowers units into instructions. Those of setup run when fixed leaves have changed, the
// others in every run.
type planner struct {
	engine  *Engine
	backend backend.Backend
	setup   []*instr
	instrs  []*instr
	values  map[*unit]*value
	relaid  map[relaidKey]*value
	leaves  []*value
}

type relaidKey struct {
	v *value
	l backend.Layout
}

func (p *planner) lower(list []*unit) error {
	for _, u := range list {
		if u.spec == nil {
			v := &value{
				shape: u.node.Shape(), layout: leafLayout(u.node),
				leaf: u.node, layer: u.layer, fixed: u.fixed,
			}
			p.values[u] = v
			p.leaves = append(p.leaves, v)
			continue
		}
		if err := p.add(u); err != nil {
			return fmt.Errorf("planning %T%+v: %w", u.spec, u.spec, err)
		}
	}
	return nil
}

// leafLayout is the layout of a leaf's value.
func leafLayout(n *G.Node) backend.Layout {
	if n.Dtype() == tensor.Uint8 {
		return backend.Bytes
	}
	return backend.Plain
}

// words is the size of a leaf's memory, or of a plain value's, in float32.
func (v *value) words() int {
	n := kernel.Elements(v.shape) * max(v.parts, 1)
	if v.layout == backend.Bytes {
		return backend.WordsOfBytes(n)
	}
	return n
}

// add compiles one computation and the reorders of its operands.
func (p *planner) add(u *unit) error {
	in := make([]*value, len(u.in))
	have := make([]backend.Layout, len(u.in))
	for i, x := range u.in {
		in[i] = p.values[x]
		have[i] = in[i].layout
	}
	r, err := p.compile(u.spec, have)
	if err != nil {
		return err
	}
	for i, l := range r.In {
		in[i] = p.inLayout(in[i], l)
	}
	out := &value{shape: u.spec.Out(), layout: r.Out, layer: u.layer, fixed: u.fixed}
	p.values[u] = out
	p.emit(&instr{layer: u.layer, spec: u.spec, routine: r, in: in, out: out})
	return nil
}

// compile compiles a Spec, in layouts that its inputs have now.
func (p *planner) compile(s kernel.Spec, have []backend.Layout) (*backend.Routine, error) {
	if j, ok := s.(kernel.Joint); ok {
		return p.engine.joint(j)
	}
	return p.backend.Compile(s, have)
}

func (p *planner) emit(it *instr) {
	if it.out.fixed {
		p.setup = append(p.setup, it)
	} else {
		p.instrs = append(p.instrs, it)
	}
}

// inLayout gives v in the layout l; where v has another, it adds a reorder.
func (p *planner) inLayout(v *value, l backend.Layout) *value {
	if v.layout == l || sameOrder(v.shape, v.layout, l) {
		return v
	}
	key := relaidKey{v, l}
	if r := p.relaid[key]; r != nil {
		return r
	}
	out := &value{shape: v.shape, layout: l, layer: v.layer, fixed: v.fixed}
	b, from := p.backend, v.layout
	r := &backend.Routine{In: []backend.Layout{from}, Out: l, InPlace: -1,
		Run: func(dst []float32, in [][]float32, _ []float32) {
			if err := b.Reorder(dst, in[0], v.shape, l, from); err != nil {
				panic(err) // reported by protect
			}
		}}
	p.emit(&instr{layer: v.layer, routine: r, in: []*value{v}, out: out})
	p.relaid[key] = out
	return out
}

// sameOrder says whether two layouts store the elements of a shape in the same order.
func sameOrder(shape []int, a, b backend.Layout) bool {
	if a >= backend.FirstOwn || b >= backend.FirstOwn {
		return false
	}
	return len(shape) != 4 || shape[1] == 1 || shape[2]*shape[3] == 1
}

// place plans the arena and returns its size. A value lives from the instruction that computes it
// to the last that reads it, an output to the end, and scratch memory for its instruction.
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
		if it.routine.Scratch > 0 {
			it.scratch = a.take(it.routine.Scratch)
			a.give(it.scratch)
		}
		for _, v := range append(it.in, it.out) {
			if v.leaf == nil && !v.fixed && !v.keep && v.last == i && v.at.n > 0 {
				a.give(v.at)
				if v != it.out {
					v.at.n = 0
				}
			}
		}
	}
	return a.size
}

// takenOver gives the operand whose memory the output of instruction i inherits, or nil. A sum may
// inherit from either summand.
func (it *instr) takenOver(i int) *value {
	k := it.routine.InPlace
	if k < 0 || k >= len(it.in) {
		return nil
	}
	if it.inherits(k, i) {
		return it.in[k]
	}
	switch it.spec.(type) {
	case kernel.Add, kernel.AddReLU, kernel.ReLUBackAdd:
		if it.inherits(k+1, i) {
			it.in[k], it.in[k+1] = it.in[k+1], it.in[k]
			return it.in[k]
		}
	}
	return nil
}

// inherits says whether instruction i may write over its operand k.
func (it *instr) inherits(k, i int) bool {
	v := it.in[k]
	if v.leaf != nil || v.fixed || v.keep || v.last != i || v.layout != it.out.layout ||
		!slices.Equal(v.shape, it.out.shape) {
		return false
	}
	for j, other := range it.in {
		if j != k && other == v { // read twice
			return false
		}
	}
	return true
}
