package engine

import (
	"errors"
	"fmt"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/op"
)

// whole is a plan that a backend has compiled as one program.
type whole struct {
	program backend.Program
	leaves  []*value    // in the order of the program's inputs
	results []*value    // in the order of its outputs
	kept    []*value    // the leaves that a run changes, in the order of its successions
	reads   []*Handover // the leaves that other VMs have computed
	hands   *Handover   // the output for other VMs; nil where there is none
	specs   []kernel.Spec
	in, out [][]float32
}

// ErrJointDevice is of a plan that several processes compute together.
var ErrJointDevice = errors.New("planning: a device cannot share the statistics of batch norm " +
	"or the losses of SPG with other processes: train.ranks.sync_norm false leaves each process its " +
	"own statistics, model.spg.use false leaves SPG out; or compute on the processor")

// compileWhole makes a program of the units, unfused, on a backend that compiles whole graphs.
func (vm *VM) compileWhole(b backend.GraphBackend, p Plan, list []*unit) error {
	if err := vm.engine.share(p, list); err != nil {
		return err
	}
	w := &whole{}
	graph := backend.Graph{Replicas: max(p.Devices, 1)}
	at := make(map[*unit]int, len(list))
	words := 0        // of the outputs
	var heirs []*unit // of the successions
	for i, u := range list {
		at[u] = i
		n := backend.GraphNode{Spec: u.spec, Shape: u.node.Shape(), Fixed: u.fixed, Split: u.split}
		for _, x := range u.in {
			n.In = append(n.In, at[x])
		}
		v := &value{shape: u.node.Shape(), layout: leafLayout(u.node), layer: u.layer}
		if u.split {
			v.parts = graph.Replicas
		}
		n.Bytes = v.layout == backend.Bytes
		h := vm.engine.settled[u.node]
		if h != nil {
			n.Home = h.home
			delete(vm.engine.settled, u.node)
		}
		switch {
		case u.spec != nil:
			if _, joint := u.spec.(kernel.Joint); joint && graph.Replicas == 1 {
				return ErrJointDevice
			}
			w.specs = append(w.specs, u.spec)
		case u.node.Op() != nil: // Gorgonia's own constant
			c, err := op.Floats(u.node.Value())
			if err != nil || len(c) != 1 {
				return fmt.Errorf("planning: constant %v is no scalar: %w", u.node, err)
			}
			n.Const, v.data = c, c
		default:
			v.leaf = u.node
			w.leaves = append(w.leaves, v)
			if h != nil {
				w.reads = append(w.reads, h)
			}
		}
		graph.Nodes = append(graph.Nodes, n)
		if u.heir != nil {
			w.kept = append(w.kept, v)
			graph.Successions = append(graph.Successions, backend.Succession{Leaf: i})
			heirs = append(heirs, u.heir)
		}
		if !u.wanted || u.inner {
			continue
		}
		vm.outputs[u.node] = v
		if u.spec != nil {
			if h != nil {
				w.hands = h
			}
			graph.Outputs = append(graph.Outputs, i)
			w.results = append(w.results, v)
			words += v.words()
		}
	}
	for i, u := range heirs {
		graph.Successions[i].By = at[u]
	}
	program, err := b.CompileGraph(graph)
	if err != nil {
		return fmt.Errorf("planning: %w", err)
	}
	w.program = program
	if admit := vm.engine.admit; admit != nil {
		if err := admit(valueBytes*int64(words) + program.Bytes()); err != nil {
			return errors.Join(err, program.Close())
		}
	}
	vm.arena = alloc(words)
	for i, off := 0, 0; i < len(w.results); i++ {
		v := w.results[i]
		n := v.words()
		v.data = vm.arena[off:][:n:n]
		off += n
		w.out = append(w.out, v.data)
	}
	w.in = make([][]float32, len(w.leaves))
	vm.whole, vm.job = w, vm.runWhole
	return vm.show()
}

var errClosedPlan = errors.New("running: the plan is closed")

// runWhole computes the outputs from the leaves' present values.
func (vm *VM) runWhole() error {
	if err := vm.startWhole(); err != nil {
		return err
	}
	return vm.finishWhole()
}

// startWhole begins a run.
func (vm *VM) startWhole() error {
	w := vm.whole
	if w == nil {
		return errClosedPlan
	}
	for i, v := range w.leaves {
		if err := v.bind(); err != nil {
			return fmt.Errorf("running: input %s: %w", v.leaf.Name(), err)
		}
		w.in[i] = v.data
	}
	for _, h := range w.reads {
		if err := h.arrive(); err != nil {
			return fmt.Errorf("running: %w", err)
		}
	}
	if err := w.program.Start(w.in, !vm.prepared); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	if w.hands != nil {
		w.hands.behind, w.hands.ahead = true, false
	}
	vm.prepared = true
	return nil
}

// finishWhole waits for the outputs of a run.
func (vm *VM) finishWhole() error {
	w := vm.whole
	if w == nil {
		return errClosedPlan
	}
	if err := w.program.Finish(w.out); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	vm.unbox()
	return nil
}

// syncWhole brings the leaves that runs have changed to their memory.
func (vm *VM) syncWhole() error {
	w := vm.whole
	if w == nil {
		return errClosedPlan
	}
	if !vm.prepared || len(w.kept) == 0 { // the memory is ahead
		return nil
	}
	into := make([][]float32, len(w.kept))
	for i, v := range w.kept {
		into[i] = v.data
	}
	if err := w.program.Read(into); err != nil {
		return fmt.Errorf("reading what is kept: %w", err)
	}
	return nil
}

// closeWhole frees what the program holds on its device. A closed engine has done that.
func (vm *VM) closeWhole() error {
	w := vm.whole
	if w == nil {
		return nil
	}
	vm.whole = nil
	if err := vm.engine.do(w.program.Close); !errors.Is(err, errClosed) {
		return err
	}
	return nil
}
