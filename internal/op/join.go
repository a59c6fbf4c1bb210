package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// Add is the element-wise sum of two nodes of one shape, which has up to four axes.
func Add(a, b *G.Node) (*G.Node, error) {
	if a == nil || b == nil {
		return nil, fmt.Errorf("add: input is missing")
	}
	if a.Shape().Dims() > 4 {
		return nil, fmt.Errorf("add: shape %v has more than four axes", a.Shape())
	}
	spec := kernel.Add{Dims: a.Shape().Dims()}
	copy(spec.Shape[:], a.Shape())
	grad := func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) { return G.Nodes{dy, dy}, nil }
	return apply(spec, grad, []bool{true, true}, a, b)
}

// Concat joins up to kernel.MaxConcat tensors (N,Ci,H,W) along the channels.
func Concat(xs ...*G.Node) (*G.Node, error) {
	if len(xs) == 0 || len(xs) > kernel.MaxConcat {
		return nil, fmt.Errorf("concat: %d inputs, want 1 to %d", len(xs), kernel.MaxConcat)
	}
	spec := kernel.Concat{Count: len(xs)}
	wrt := make([]bool, len(xs))
	for i, x := range xs {
		s, err := shape4(x)
		if err != nil {
			return nil, fmt.Errorf("concat: input %d: %w", i, err)
		}
		if i == 0 {
			spec.N, spec.H, spec.W = s[0], s[2], s[3]
		}
		spec.Parts[i], wrt[i] = s[1], true
	}
	grad := func(in G.Nodes, out, dy *G.Node) (G.Nodes, error) {
		whole, err := shape4(out)
		if err != nil {
			return nil, err
		}
		grads, from := make(G.Nodes, len(in)), 0
		for i := range in {
			to := from + spec.Parts[i]
			if grads[i], err = leaf(kernel.ChannelSlice{X: whole, From: from, To: to}, dy); err != nil {
				return nil, err
			}
			from = to
		}
		return grads, nil
	}
	return apply(spec, grad, wrt, xs...)
}
