package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// tensorOf is a node's shape of up to four axes.
func tensorOf(n *G.Node) (kernel.Tensor, error) {
	if n == nil {
		return kernel.Tensor{}, fmt.Errorf("input is missing")
	}
	if n.Shape().Dims() > 4 {
		return kernel.Tensor{}, fmt.Errorf("shape %v has more than four axes", n.Shape())
	}
	return kernel.NewTensor(n.Shape()), nil
}

// Blend is (ofX*a)*x + (ofY*b)*y for factors a and b (1). It has no gradient, as nothing of an
// update has.
func Blend(x, y, a, b *G.Node, ofX, ofY float32) (*G.Node, error) {
	t, err := tensorOf(x)
	if err != nil {
		return nil, fmt.Errorf("blend: %w", err)
	}
	return leaf(kernel.Blend{Tensor: t, A: ofX, B: ofY}, x, y, a, b)
}

// BlendSquare is a*x + b*y*y for factors a and b (1).
func BlendSquare(x, y, a, b *G.Node) (*G.Node, error) {
	t, err := tensorOf(x)
	if err != nil {
		return nil, fmt.Errorf("blend of squares: %w", err)
	}
	return leaf(kernel.BlendSquare{Tensor: t}, x, y, a, b)
}

// AdamMove is the parameters w after a step of AdamW: a kernel.AdamMove with the factors of spec.
func AdamMove(spec kernel.AdamMove, w, m, v, scale, fresh, root *G.Node) (*G.Node, error) {
	var err error
	if spec.Tensor, err = tensorOf(w); err != nil {
		return nil, fmt.Errorf("step of AdamW: %w", err)
	}
	return leaf(spec, w, m, v, scale, fresh, root)
}

// SumSquares is the sum of the squares of x, as (1).
func SumSquares(x *G.Node) (*G.Node, error) {
	t, err := tensorOf(x)
	if err != nil {
		return nil, fmt.Errorf("sum of squares: %w", err)
	}
	return leaf(kernel.SumSquares{Tensor: t}, x)
}

// ClipFactor is what gradients, each of which is mean times what is summed up, have to be
// multiplied by so that their norm is at most limit, from the sum of squares (1).
func ClipFactor(sum *G.Node, mean, limit float32) (*G.Node, error) {
	return leaf(kernel.ClipFactor{Mean: mean, Limit: limit}, sum)
}

// MoveStats moves running statistics (2,C) by a rate towards those of a batch (2,C), whose
// variances count times unbias.
func MoveStats(running, batch *G.Node, rate, unbias float32) (*G.Node, error) {
	if running == nil || running.Shape().Dims() != 2 {
		return nil, fmt.Errorf("running statistics: want a tensor (2,C)")
	}
	spec := kernel.MoveStats{C: running.Shape()[1], Rate: rate, Unbias: unbias}
	return leaf(spec, running, batch)
}

// PartSum is the sum over all parts of a batch of x, which is the summand of the part at hand.
func PartSum(x *G.Node) (*G.Node, error) {
	t, err := tensorOf(x)
	if err != nil {
		return nil, fmt.Errorf("sum over parts: %w", err)
	}
	return leaf(kernel.PartSum{Tensor: t}, x)
}

// PartSums is the sum over all parts of a batch of sums (2,C), each of which has that share of the
// images: of values in place of sums it is their mean.
func PartSums(sums *G.Node, share float32) (*G.Node, error) {
	if sums == nil || sums.Shape().Dims() != 2 {
		return nil, fmt.Errorf("sums over parts: want a tensor (2,C)")
	}
	return leaf(kernel.PartSums{C: sums.Shape()[1], Share: share}, sums)
}

// Top is the index of the largest value of each row of x (N,K), as (N).
func Top(x *G.Node) (*G.Node, error) {
	if x == nil || x.Shape().Dims() != 2 {
		return nil, fmt.Errorf("index of the largest: want a tensor (N,K)")
	}
	return leaf(kernel.Top{N: x.Shape()[0], K: x.Shape()[1]}, x)
}

// Row is row i of x (N,C), as (C).
func Row(x *G.Node, i int) (*G.Node, error) {
	if x == nil || x.Shape().Dims() != 2 {
		return nil, fmt.Errorf("row %d: want a tensor (N,C)", i)
	}
	return leaf(kernel.Row{Rows: x.Shape()[0], C: x.Shape()[1], I: i}, x)
}
