package engine

import (
	"fmt"
	"time"
	"unsafe"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/kernel"
	"acol/internal/op"
)

// VM is a gorgonia.VM: a graph compiled for its wanted outputs. It is not safe
// for concurrent use; plans of one engine take turns.
type VM struct {
	engine  *Engine
	instrs  []*instr
	leaves  []*value
	outputs map[*G.Node]*value
	boxed   []boxed
	arena   []float32
	profile Profiler
}

// boxed is a scalar output with its Gorgonia value.
type boxed struct {
	v *value
	f *G.F32
}

var _ G.VM = (*VM)(nil)

// Compile plans the graph for the outputs. Their values, and no others, can be
// read after a run, in row-major order of the logical shape; they stay until the next run. Leaves
// need values by the time of the first run.
func (e *Engine) Compile(g *G.ExprGraph, outputs ...*G.Node) (*VM, error) {
	order, err := reachable(g, outputs)
	if err != nil {
		return nil, err
	}
	p := &planner{backend: e.backend, values: map[*G.Node]*value{}, relaid: map[relaidKey]*value{}}
	if err := e.do(func() error { return p.lower(g, order) }); err != nil {
		return nil, err
	}
	vm := &VM{engine: e, leaves: p.leaves, outputs: map[*G.Node]*value{}}
	for _, n := range outputs {
		v := p.inLayout(p.values[n], kernel.Plain)
		v.keep = true
		vm.outputs[n] = v
	}
	vm.arena = alloc(p.place())
	vm.instrs = p.instrs
	return vm, vm.bind(e.backend)
}

// alloc gives zeroed memory that starts on a cache line.
func alloc(n int) []float32 {
	m := make([]float32, n+align)
	off := 0
	for uintptr(unsafe.Pointer(&m[off]))%(4*align) != 0 {
		off++
	}
	return m[off : off+n : off+n]
}

// bind gives every instruction its memory, and every output its node's value.
func (vm *VM) bind(b kernel.Backend) error {
	for _, it := range vm.instrs {
		n := b.Size(it.out.shape, it.out.layout)
		it.out.data = vm.arena[it.out.at.off:][:n:n]
		it.work = vm.arena[it.scratch.off:][:it.step.Scratch:it.step.Scratch]
		it.args = make([][]float32, len(it.in))
	}
	for n, v := range vm.outputs {
		if v.leaf != nil {
			continue
		}
		if len(v.shape) == 0 {
			f := G.NewF32(0)
			vm.boxed = append(vm.boxed, boxed{v, f})
			if err := G.UnsafeLet(n, f); err != nil {
				return err
			}
			continue
		}
		if err := G.UnsafeLet(n, tensor.New(tensor.WithShape(v.shape...), tensor.WithBacking(v.data))); err != nil {
			return err
		}
	}
	return nil
}

// RunAll computes the outputs from the leaves' present values.
func (vm *VM) RunAll() error { return vm.engine.do(vm.run) }

func (vm *VM) run() error {
	for _, v := range vm.leaves {
		d, err := op.Floats(v.leaf.Value())
		if err != nil {
			return fmt.Errorf("running: input %s: %w", v.leaf.Name(), err)
		}
		if want := elements(v.shape); len(d) != want {
			return fmt.Errorf("running: input %s: %d values, want %d", v.leaf.Name(), len(d), want)
		}
		v.data = d
	}
	for _, it := range vm.instrs {
		for j, v := range it.in {
			it.args[j] = v.data
		}
		if vm.profile == nil {
			it.step.Run(it.out.data, it.args, it.work)
			continue
		}
		since := time.Now()
		it.step.Run(it.out.data, it.args, it.work)
		vm.profile(it.layer, it.spec, time.Since(since))
	}
	for _, b := range vm.boxed {
		*b.f = G.F32(b.v.data[0])
	}
	return nil
}

func elements(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}

// Data is the memory of an output, row-major, rewritten by each run; nil for a
// node that is not one.
func (vm *VM) Data(n *G.Node) []float32 {
	v := vm.outputs[n]
	if v == nil {
		return nil
	}
	return v.data
}

// ArenaBytes is the size of the memory that all computed values share.
func (vm *VM) ArenaBytes() int { return 4 * len(vm.arena) }

// Steps is the number of instructions of a run.
func (vm *VM) Steps() int { return len(vm.instrs) }

// Reset does nothing: a run starts from the leaves.
func (vm *VM) Reset() {}

// Close lets the arena go.
func (vm *VM) Close() error {
	vm.arena, vm.instrs = nil, nil
	return nil
}
