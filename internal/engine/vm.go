package engine

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/op"
)

// VM is a gorgonia.VM: a graph compiled for the outputs that are wanted of it. It is not safe for
// concurrent use. The VMs of one engine take turns.
type VM struct {
	engine   *Engine
	setup    []*instr
	prepared bool // setup has run since the fixed leaves changed
	instrs   []*instr
	leaves   []*value
	outputs  map[*G.Node]*value
	boxed    []boxed
	arena    []float32
	profile  Profiler
	heirs    []heir
	job      func() error // the method run or runWhole, as a value that is made once
	whole    *whole       // nil where the backend does not compile whole graphs
}

// boxed is a scalar output with its Gorgonia value.
type boxed struct {
	v *value
	f *G.F32
}

var _ G.VM = (*VM)(nil)

// Plan says what is compiled of a graph.
type Plan struct {
	Graph *G.ExprGraph
	// Outputs are the values that are wanted. After a run these, and those of no other nodes, can
	// be read in row-major order of the logical shape; they stay until the next run.
	Outputs G.Nodes
	// Fixed are leaves that stay the same over many runs, such as the parameters in inference. What
	// depends on them alone is computed once: batch norms are folded into weights, and weights are
	// laid out for the kernels. VM.Refresh says that these leaves have changed.
	Fixed G.Nodes
	// Kept are leaves that each run changes, such as the parameters of a training: they have the
	// values of their memory at first and after VM.Refresh, and later those that the run before has
	// given them. VM.Sync brings these to their memory.
	Kept []Succession
	// Devices is how many of the engine's devices compute the graph, each of them all of it for a
	// part of a batch; 0 and 1 are one.
	Devices int
	// Split are the leaves and the outputs of which each of several devices has another value: the
	// images of a batch, and what is computed of each of them. Memory has those of all devices end
	// to end, along the first axis; a leaf has it as op.Parts. Other leaves are the same on all
	// devices, and so have to be other outputs and what becomes of a kept leaf: what is computed of
	// a split leaf varies, until a kernel.Joint joins it.
	Split G.Nodes
}

// Compile plans what a Plan says. The leaves need values by the time of the first run.
func (e *Engine) Compile(p Plan) (*VM, error) {
	list, err := p.units()
	if err != nil {
		return nil, err
	}
	vm := &VM{engine: e, outputs: map[*G.Node]*value{}}
	if b, ok := e.backend.(backend.GraphBackend); ok {
		if err := e.do(func() error { return vm.compileWhole(b, p, list) }); err != nil {
			return nil, err
		}
		return vm, nil
	}
	if p.Devices > 1 {
		return nil, fmt.Errorf("planning for %d devices: a processor is one", p.Devices)
	}
	list = fuse(list)
	lower := &planner{
		engine: e, backend: e.backend, values: map[*unit]*value{}, relaid: map[relaidKey]*value{},
	}
	vm.job = vm.run
	// The backend serves one goroutine at a time, and another one may compile or run a plan now.
	if err := e.do(func() error { return vm.plan(lower, list) }); err != nil {
		return nil, err
	}
	return vm, nil
}

// plan lowers the units and fills in the VM.
func (vm *VM) plan(p *planner, list []*unit) error {
	if err := p.lower(list); err != nil {
		return err
	}
	for _, u := range list {
		if u.wanted {
			v := p.inLayout(p.values[u], backend.Plain)
			v.keep = true
			vm.outputs[u.node] = v
		}
	}
	n := p.place()
	if err := vm.engine.admitted(p, n); err != nil {
		return err
	}
	vm.arena = alloc(n)
	vm.setup, vm.instrs, vm.leaves = p.setup, p.instrs, p.leaves
	for _, u := range list {
		if u.heir != nil {
			vm.heirs = append(vm.heirs, heir{p.values[u], vm.outputs[u.heir.node]})
		}
	}
	return vm.bind(p.backend)
}

// alloc gives zeroed memory whose first element starts a cache line.
func alloc(n int) []float32 {
	m := make([]float32, n+align)
	largePages(m)
	off := 0
	for uintptr(unsafe.Pointer(&m[off]))%(4*align) != 0 {
		off++
	}
	return m[off : off+n : off+n]
}

// bind gives every instruction its memory, and the node of every output its value.
func (vm *VM) bind(b backend.Backend) error {
	for _, it := range vm.instrs {
		n := b.Size(it.out.shape, it.out.layout)
		it.out.data = vm.arena[it.out.at.off:][:n:n]
		it.work = vm.arena[it.scratch.off:][:it.routine.Scratch:it.routine.Scratch]
		it.args = make([][]float32, len(it.in))
		for _, v := range it.in {
			v.keep = v.keep || v.fixed
		}
	}
	for _, it := range vm.setup {
		it.args = make([][]float32, len(it.in))
		if it.out.keep {
			it.out.data = alloc(b.Size(it.out.shape, it.out.layout))
		}
	}
	return vm.show()
}

// show gives the node of every computed output its value.
func (vm *VM) show() error {
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
		if err := G.UnsafeLet(n, op.NewParts(v.shape, v.data)); err != nil {
			return err
		}
	}
	return nil
}

// RunAll computes the outputs from the leaves' present values.
func (vm *VM) RunAll() error { return vm.engine.do(vm.job) }

// Refresh makes the next run compute anew what depends on the fixed leaves.
func (vm *VM) Refresh() { vm.prepared = false }

func (vm *VM) run() error {
	if vm.instrs == nil {
		return errors.New("running: the plan is closed")
	}
	for _, v := range vm.leaves {
		if err := v.bind(); err != nil {
			return fmt.Errorf("running: input %s: %w", v.leaf.Name(), err)
		}
	}
	if !vm.prepared {
		vm.prepare()
	}
	for _, it := range vm.instrs {
		vm.execute(it)
	}
	for _, h := range vm.heirs {
		copy(h.leaf.data, h.by.data)
	}
	vm.unbox()
	return nil
}

// unbox gives the scalar outputs their values of this run.
func (vm *VM) unbox() {
	for _, b := range vm.boxed {
		*b.f = G.F32(b.v.data[0])
	}
}

// bind finds the memory of a leaf whose node has another value than before.
func (v *value) bind() error {
	now := v.leaf.Value()
	if v.data != nil && now == v.bound {
		return nil
	}
	d, err := op.Floats(now)
	if err != nil {
		return err
	}
	if want := v.words(); len(d) != want {
		return fmt.Errorf("%d words, want %d", len(d), want)
	}
	v.data, v.bound = d, now
	return nil
}

// prepare runs the setup. The memory of a value that only the setup reads is reused after its last
// reader.
func (vm *VM) prepare() {
	b := vm.engine.backend
	last := map[*value]int{}
	for i, it := range vm.setup {
		for _, v := range it.in {
			last[v] = i
		}
	}
	var spare []float32
	for i, it := range vm.setup {
		if n := b.Size(it.out.shape, it.out.layout); !it.out.keep {
			if n <= len(spare) {
				it.out.data, spare = spare[:n], nil
			} else {
				it.out.data = alloc(n)
			}
		}
		it.work = alloc(it.routine.Scratch)
		vm.execute(it)
		it.work = nil
		for _, v := range it.in {
			if v.leaf == nil && !v.keep && last[v] == i {
				if cap(v.data) > len(spare) {
					spare = v.data[:cap(v.data)]
				}
				v.data = nil
			}
		}
	}
	vm.prepared = true
}

func (vm *VM) execute(it *instr) {
	for j, v := range it.in {
		it.args[j] = v.data
	}
	if vm.profile == nil {
		it.routine.Run(it.out.data, it.args, it.work)
		return
	}
	since := time.Now()
	it.routine.Run(it.out.data, it.args, it.work)
	vm.profile(it.layer, it.spec, time.Since(since))
}

// Data is the memory of an output, row-major, which each run writes anew: of a split one that of
// all devices. It is nil for a node that is no output.
func (vm *VM) Data(n *G.Node) []float32 {
	v := vm.outputs[n]
	if v == nil {
		return nil
	}
	return v.data
}

// ArenaBytes is the size of the memory that all computed values share.
func (vm *VM) ArenaBytes() int {
	n := valueBytes * len(vm.arena)
	if vm.whole != nil {
		n += int(vm.whole.program.Bytes())
	}
	return n
}

// Instructions is the number of instructions of a run. A program that a backend has compiled as a
// whole counts as its computations, as they were before it fused them.
func (vm *VM) Instructions() int {
	if vm.whole != nil {
		return len(vm.whole.specs)
	}
	return len(vm.instrs)
}

// Specs lists what the instructions of a run compute, without the reorders.
func (vm *VM) Specs() []kernel.Spec {
	if vm.whole != nil {
		return vm.whole.specs
	}
	var specs []kernel.Spec
	for _, it := range vm.instrs {
		if it.spec != nil {
			specs = append(specs, it.spec)
		}
	}
	return specs
}

// Reset does nothing, since each run starts from the leaves.
func (vm *VM) Reset() {}

// Close frees the arena.
func (vm *VM) Close() error {
	vm.arena, vm.setup, vm.instrs = nil, nil, nil
	return vm.closeWhole()
}
