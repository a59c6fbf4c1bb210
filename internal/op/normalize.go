package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/kernel"
)

// Normalize makes a network's input (N,3,H,W) of images (N,H,W,3), a leaf of uint8 whose value has
// memory of backend.AsBytes, and of a table (3,256) of what each value of R, G and B becomes. It
// has no gradient.
func Normalize(images, table *G.Node) (*G.Node, error) {
	s, err := shape4(images)
	if err != nil || images.Dtype() != tensor.Uint8 {
		return nil, fmt.Errorf("normalising %v of %v, want uint8 (N,H,W,3): %w",
			images.Shape(), images.Dtype(), err)
	}
	return leaf(kernel.Normalize{N: s[0], H: s[1], W: s[2]}, images, table)
}
