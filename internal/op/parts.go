package op

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Parts is the value of a node in a graph that several devices compute, each on its part of a
// batch. To Gorgonia it is the value of the first device, which has the shape of the node.
type Parts struct {
	*tensor.Dense
	all []float32
}

var _ G.Value = (*Parts)(nil)

// NewParts are the values of a shape that all devices have, end to end in all.
func NewParts(shape []int, all []float32) *Parts {
	first := all[:kernel.Elements(shape)]
	return &Parts{tensor.New(tensor.WithShape(shape...), tensor.WithBacking(first)), all}
}

// NewByteParts is NewParts of bytes; words are their memory, as backend.AsBytes takes it.
func NewByteParts(shape []int, words []float32) *Parts {
	first := backend.AsBytes(words, kernel.Elements(shape))
	return &Parts{tensor.New(tensor.WithShape(shape...), tensor.WithBacking(first)), words}
}
