package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// BatchNorm normalises x (N,C,H,W) per channel and applies scale (C) and shift (C). stats (2,C),
// row 0 the mean and row 1 the biased variance, are constants; where stats is nil, as in training,
// the batch's own statistics are used. The statistics that were used are returned as a node, so
// that the op needs no hidden state: the caller keeps the running averages.
func BatchNorm(x, scale, shift, stats *G.Node, eps float32) (y, used *G.Node, err error) {
	return batchNorm(x, scale, shift, stats, eps, 0)
}

// SyncBatchNorm is BatchNorm by the statistics of a whole batch, of whose images x has a share, and
// other processes the others: torch.nn.SyncBatchNorm.
func SyncBatchNorm(x, scale, shift *G.Node, eps, share float32) (y, used *G.Node, err error) {
	return batchNorm(x, scale, shift, nil, eps, share)
}

// batchNorm is either; a share of 0 is of a batch that is whole.
func batchNorm(
	x, scale, shift, stats *G.Node, eps, share float32,
) (y, used *G.Node, err error) {
	s, err := shape4(x)
	if err != nil {
		return nil, nil, fmt.Errorf("batch norm: %w", err)
	}
	frozen := stats != nil
	if !frozen {
		if stats, err = leaf(kernel.NormStats{X: s}, x); err != nil {
			return nil, nil, err
		}
	}
	if share > 0 {
		if stats, err = leaf(kernel.PartStats{C: s[1], Share: share}, stats); err != nil {
			return nil, nil, err
		}
	}
	y, err = apply(kernel.Norm{X: s, Eps: eps}, normGrad(s, eps, share, frozen),
		[]bool{true, false, true, true}, x, stats, scale, shift)
	return y, stats, err
}

// normGrad is the gradient of a batch norm. The sums over the batch are the gradients of the
// parameters, and a term of the gradient of the input.
func normGrad(s kernel.Shape4, eps, share float32, frozen bool) gradient {
	return func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		x, stats, scale := in[0], in[1], in[2]
		sums, err := leaf(kernel.NormBackParams{X: s, Eps: eps}, x, stats, dy)
		if err != nil {
			return nil, err
		}
		dscale, dshift, err := rows(s[1], sums)
		if err != nil {
			return nil, err
		}
		if share > 0 { // the gradients of the parameters stay those of the part
			if sums, err = leaf(kernel.PartSums{C: s[1], Share: share}, sums); err != nil {
				return nil, err
			}
		}
		dx, err := leaf(kernel.NormBackData{X: s, Eps: eps, Frozen: frozen}, x, stats, scale, sums, dy)
		return G.Nodes{dx, nil, dscale, dshift}, err
	}
}

// LayerNorm normalises each position of x (N,C,H,W) over its channels and applies scale (C) and
// shift (C): torch.nn.LayerNorm of (N,H,W,C), torchvision's LayerNorm2d.
func LayerNorm(x, scale, shift *G.Node, eps float32) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("layer norm: %w", err)
	}
	spec := kernel.LayerNorm{X: s, Eps: eps}
	grad := func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		x, scale := in[0], in[1]
		sums, err := leaf(kernel.LayerNormBackParams{LayerNorm: spec}, x, dy)
		if err != nil {
			return nil, err
		}
		dscale, dshift, err := rows(s[1], sums)
		if err != nil {
			return nil, err
		}
		dx, err := leaf(kernel.LayerNormBackData{LayerNorm: spec}, x, scale, dy)
		return G.Nodes{dx, dscale, dshift}, err
	}
	return apply(spec, grad, []bool{true, true, true}, x, scale, shift)
}

// rows takes the two rows of sums (2,C).
func rows(c int, sums *G.Node) (first, second *G.Node, err error) {
	if first, err = leaf(kernel.Row{Rows: 2, C: c, I: 0}, sums); err != nil {
		return nil, nil, err
	}
	second, err = leaf(kernel.Row{Rows: 2, C: c, I: 1}, sums)
	return first, second, err
}
