package engine

import (
	"errors"
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel/backend"
	"acol/internal/op"
)

// Handover is a value that one VM computes and other VMs of the engine read. On a device it stays
// there in between. Its users take turns.
type Handover struct {
	engine *Engine
	shape  []int
	parts  int          // how many values of that shape data has, of as many devices; 0 is one
	home   backend.Home // on a device; nil where the value is in memory alone
	data   []float32
	behind bool // data is older than the device's value
	ahead  bool // data is newer than that
}

// CompileHanding is Compile for one output, which is handed over. Plans that read a split one are
// for as many devices.
func (e *Engine) CompileHanding(p Plan) (*VM, *Handover, error) {
	output := p.Outputs[0]
	h := &Handover{engine: e, shape: output.Shape()}
	if slices.Contains(p.Split, output) {
		h.parts = p.Devices
	}
	if b, ok := e.backend.(backend.GraphBackend); ok {
		h.home = b.NewHome(h.shape)
		e.settle(output, h)
	}
	vm, err := e.Compile(p)
	if err != nil {
		return nil, nil, err
	}
	h.data = vm.Data(output)
	return vm, h, nil
}

// settle says that a node of a graph that is compiled next has its value in the home of h.
func (e *Engine) settle(n *G.Node, h *Handover) {
	e.turn.Lock()
	defer e.turn.Unlock()
	if e.settled == nil {
		e.settled = map[*G.Node]*Handover{}
	}
	e.settled[n] = h
}

// To makes a leaf, of a graph that is not compiled yet, read the value.
func (h *Handover) To(leaf *G.Node) error {
	if h.home != nil {
		h.engine.settle(leaf, h)
	}
	return G.Let(leaf, op.NewParts(h.shape, h.data))
}

// Shape is that of the value, of a split one that of each device's.
func (h *Handover) Shape() []int { return h.shape }

// Values are the value in memory, until the VM that computes it runs again.
func (h *Handover) Values() ([]float32, error) {
	if !h.behind {
		return h.data, nil
	}
	if err := h.engine.do(func() error { return h.home.Read(h.data) }); err != nil {
		return nil, fmt.Errorf("reading what the device has computed: %w", err)
	}
	h.behind = false
	return h.data, nil
}

// Set gives the VMs that read the value another one, until the VM that computes it runs again.
// What lies behind the values is 0.
func (h *Handover) Set(values []float32) error {
	if len(values) > len(h.data) {
		return errors.New("a value that is handed over is larger than its place")
	}
	clear(h.data[copy(h.data, values):])
	h.behind, h.ahead = false, h.home != nil
	return nil
}

// arrive brings a value that Set has given to the device, before a VM reads it. It is called on the
// engine's thread.
func (h *Handover) arrive() error {
	if !h.ahead {
		return nil
	}
	err := h.home.Write(h.data)
	h.ahead = err != nil
	return err
}
