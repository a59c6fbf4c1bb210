package engine

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel/backend"
)

// Succession is a leaf of a graph and the computed value that takes its place after each run.
type Succession struct{ Leaf, By *G.Node }

// heir is a leaf and what the memory of the leaf holds after a run.
type heir struct{ leaf, by *value }

// units makes units of the nodes that outputs and successions need, and tells leaves their heirs.
func (p Plan) units() ([]*unit, error) {
	all := slices.Clone(p.Outputs)
	for _, k := range p.Kept {
		if !k.By.Shape().Eq(k.Leaf.Shape()) {
			return nil, fmt.Errorf("planning: %v of shape %v cannot become %v of shape %v",
				k.By, k.By.Shape(), k.Leaf, k.Leaf.Shape())
		}
		all = append(all, k.Leaf, k.By)
	}
	list, err := units(p.Graph, p.Fixed, all)
	if err != nil {
		return nil, err
	}
	of := make(map[*G.Node]*unit, len(list))
	for _, u := range list {
		of[u.node] = u
	}
	for _, k := range p.Kept {
		leaf, by := of[k.Leaf], of[k.By]
		if leaf.spec != nil || by.spec == nil || leaf.heir != nil {
			return nil, fmt.Errorf("planning: %v cannot become %v: want a value that is computed, "+
				"and a leaf that no other becomes", k.By, k.Leaf)
		}
		leaf.heir, by.inner = by, !slices.Contains(p.Outputs, k.By)
	}
	return list, nil
}

// Keeps says whether the leaves of successions stay with a device, so that what was computed of
// them costs no copies.
func (e *Engine) Keeps() bool {
	_, ok := e.backend.(backend.GraphBackend)
	return ok
}

// Start begins a run and returns as soon as the leaves may be written to again, on a device before
// the run has ended. Finish waits for its outputs. One run may be started before the one before it
// is finished.
func (vm *VM) Start() error {
	if vm.whole == nil {
		return vm.RunAll()
	}
	return vm.engine.do(vm.startWhole)
}

// Finish waits for the outputs of the oldest run that was started and not finished.
func (vm *VM) Finish() error {
	if vm.whole == nil {
		return nil
	}
	return vm.engine.do(vm.finishWhole)
}

// Sync brings the present values of the leaves that runs change to their memory. All runs must be
// finished.
func (vm *VM) Sync() error {
	if vm.whole == nil {
		return nil
	}
	return vm.engine.do(vm.syncWhole)
}
