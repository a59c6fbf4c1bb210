package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// Bilinear resizes x (N,C,H,W) to h x w: torch.nn.Upsample(mode="bilinear", align_corners=False).
func Bilinear(x *G.Node, h, w int) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("bilinear: %w", err)
	}
	spec := kernel.Bilinear{X: s, OutH: h, OutW: w}
	grad := func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.BilinearBack{Bilinear: spec}, dy)
		return G.Nodes{dx}, err
	}
	return apply(spec, grad, []bool{true}, x)
}

// GuideMask cuts attention maps (N,1,H,W) into background, 0, below low, object, 1, over high, and
// kernel.GuideIgnored between the two (Zhang et al. 2018, https://arxiv.org/abs/1807.08902). The
// mask is a constant in the backward pass.
func GuideMask(attention *G.Node, low, high float32) (*G.Node, error) {
	s, err := oneChannel(attention)
	if err != nil {
		return nil, fmt.Errorf("guide mask: %w", err)
	}
	return leaf(kernel.GuideMask{N: s[0], H: s[2], W: s[3], Low: low, High: high}, attention)
}

// GuideLoss is the binary cross-entropy of logits (N,1,H,W) against a mask of GuideMask, the mean
// over the positions that the mask does not ignore.
func GuideLoss(logits, mask *G.Node) (*G.Node, error) {
	s, err := oneChannel(logits)
	if err != nil {
		return nil, fmt.Errorf("guide loss: %w", err)
	}
	spec := kernel.GuideLoss{N: s[0], H: s[2], W: s[3]}
	grad := func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.GuideLossBack(spec), in[0], in[1], g)
		return G.Nodes{dx, nil}, err
	}
	return apply(spec, grad, []bool{true, false}, logits, mask)
}

// PartMean makes a mean over the positions that a mask (N,1,H,W) of GuideMask does not ignore, of
// the part of a batch that is at hand, its summand of the mean over those of the whole batch.
func PartMean(mask, mean *G.Node) (*G.Node, error) {
	s, err := oneChannel(mask)
	if err != nil {
		return nil, fmt.Errorf("part of a mean: %w", err)
	}
	grad := func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
		dx, err := PartMean(in[0], g)
		return G.Nodes{nil, dx}, err
	}
	return apply(kernel.PartMean{N: s[0], H: s[2], W: s[3]}, grad, []bool{false, true}, mask, mean)
}

// oneChannel returns the shape of a node of one channel.
func oneChannel(n *G.Node) (kernel.Shape4, error) {
	s, err := shape4(n)
	if err == nil && s[1] != 1 {
		err = fmt.Errorf("shape %v, want (N,1,H,W)", n.Shape())
	}
	return s, err
}
