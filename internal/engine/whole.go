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
	reads   []*Handover // the leaves that other VMs have computed
	hands   *Handover   // the output for other VMs; nil where there is none
	specs   []kernel.Spec
	in, out [][]float32
}

// errJointDevice is of a plan that several processes compute together.
var errJointDevice = errors.New("planning: a device cannot share the statistics of batch norm " +
	"or the losses of SPG with other processes: train.ranks.sync_norm false leaves each process its " +
	"own statistics, model.spg.use false leaves SPG out; or compute on the processor")

// compileWhole makes a program of the units, unfused, on a backend that compiles whole graphs.
func (vm *VM) compileWhole(b backend.GraphBackend, list []*unit) error {
	w := &whole{}
	graph := backend.Graph{}
	at := make(map[*unit]int, len(list))
	words := 0 // of the outputs
	for i, u := range list {
		at[u] = i
		n := backend.GraphNode{Spec: u.spec, Shape: u.node.Shape(), Fixed: u.fixed}
		for _, x := range u.in {
			n.In = append(n.In, at[x])
		}
		v := &value{shape: u.node.Shape(), layout: leafLayout(u.node), layer: u.layer}
		n.Bytes = v.layout == backend.Bytes
		h := vm.engine.settled[u.node]
		if h != nil {
			n.Home = h.home
			delete(vm.engine.settled, u.node)
		}
		switch {
		case u.spec != nil:
			if _, joint := u.spec.(kernel.Joint); joint {
				return errJointDevice
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
		if !u.wanted {
			continue
		}
		vm.outputs[u.node] = v
		if u.spec != nil {
			if h != nil {
				w.hands = h
			}
			graph.Outputs = append(graph.Outputs, i)
			w.results = append(w.results, v)
			words += elements(v.shape)
		}
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
		n := elements(v.shape)
		v.data = vm.arena[off:][:n:n]
		off += n
		w.out = append(w.out, v.data)
	}
	w.in = make([][]float32, len(w.leaves))
	vm.whole, vm.job = w, vm.runWhole
	return vm.show()
}

// runWhole computes the outputs from the leaves' present values.
func (vm *VM) runWhole() error {
	w := vm.whole
	if w == nil {
		return errors.New("running: the plan is closed")
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
	if err := w.program.Run(w.out, w.in, !vm.prepared); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	if w.hands != nil {
		w.hands.behind, w.hands.ahead = true, false
	}
	vm.prepared = true
	vm.unbox()
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
