package device

import (
	"errors"
	"fmt"
	"slices"

	"acol/internal/kernel/backend"
)

// home is a value on the devices that one program computes and others read.
type home struct {
	backend *Backend
	array
	buffers parts // nil before there is a value
}

// NewHome implements backend.GraphBackend.
func (b *Backend) NewHome(shape []int) backend.Home {
	return &home{backend: b, array: array{shape: shape}}
}

var errEmptyHome = errors.New("what another program computes is read before it has run")

// homeOf is the home of node i of a graph, or nil. It has the node's replicas, which those of other
// graphs that name it must have too.
func homeOf(g backend.Graph, i int) (*home, error) {
	h, ok := g.Nodes[i].Home.(*home)
	if !ok {
		return nil, nil
	}
	a := arrayOf(g, i)
	if !slices.Equal(a.shape, h.shape) || a.bytes ||
		h.replicas > 0 && (a.split != h.split || a.replicas != h.replicas) {
		return nil, fmt.Errorf("what is kept on the device as %s is used as %s", h.array, a)
	}
	h.array = a
	return h, nil
}

// set replaces the value; nil frees it.
func (h *home) set(p parts) error {
	old := h.buffers
	h.buffers = p
	return old.free()
}

// Read implements backend.Home.
func (h *home) Read(into []float32) error {
	if h.buffers == nil {
		return errEmptyHome
	}
	down := h.backend.client.NewTransfer()
	err := h.download(down, into, h.buffers)
	return h.backend.outOfMemory(errors.Join(err, down.Wait()))
}

// Write implements backend.Home.
func (h *home) Write(from []float32) error {
	if h.replicas == 0 {
		return errEmptyHome
	}
	up := h.backend.client.NewTransfer()
	p, err := h.upload(up, h.backend, from)
	if err := errors.Join(err, up.Wait()); err != nil {
		return h.backend.outOfMemory(errors.Join(err, p.free()))
	}
	return h.set(p)
}
