package device

import (
	"errors"

	"acol/internal/kernel/backend"
	"acol/internal/pjrt"
)

// home is a value on the device that one program computes and others read.
type home struct {
	backend *Backend
	shape   []int
	buffer  *pjrt.Buffer // nil before there is a value
}

// NewHome implements backend.GraphBackend.
func (b *Backend) NewHome(shape []int) backend.Home {
	return &home{backend: b, shape: shape}
}

var errEmptyHome = errors.New("what another program computes is read before it has run")

// homeOf is the home of a node of a graph, or nil.
func homeOf(n backend.GraphNode) *home {
	h, _ := n.Home.(*home)
	return h
}

// set replaces the value; nil frees it.
func (h *home) set(b *pjrt.Buffer) error {
	old := h.buffer
	h.buffer = b
	if old == nil {
		return nil
	}
	return old.Free()
}

// Read implements backend.Home.
func (h *home) Read(into []float32) error {
	if h.buffer == nil {
		return errEmptyHome
	}
	down := h.backend.client.NewTransfer()
	err := down.Download(into, h.buffer)
	return h.backend.outOfMemory(errors.Join(err, down.Wait()))
}

// Write implements backend.Home.
func (h *home) Write(from []float32) error {
	up := h.backend.client.NewTransfer()
	b, err := up.Upload(h.backend.client, h.backend.devices[0], from, h.shape)
	if err := errors.Join(err, up.Wait()); err != nil {
		return h.backend.outOfMemory(err)
	}
	return h.set(b)
}
