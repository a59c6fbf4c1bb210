package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// LabelMaps is ClassMap for images of many labels: the maximum over an image's labels, the classes
// with targets (N,K) above 0, of their class activation maps, each min-max normalised, as
// (N,1,H,W). It is a constant in the backward pass.
func LabelMaps(maps, targets *G.Node) (*G.Node, error) {
	s, err := shape4(maps)
	if err != nil {
		return nil, fmt.Errorf("label maps: %w", err)
	}
	return leaf(kernel.LabelMaps{Maps: s}, maps, targets)
}

// TargetLoss is the softmax loss of logits (N,K) against targets (N,K), the sum of targets * -log
// softmax(logits). The targets hold the labels' shares, the class weights and the 1/N of a mean;
// with one-hot/N the loss is cross-entropy.
func TargetLoss(logits, targets *G.Node) (*G.Node, error) {
	n, k, err := matrix(logits)
	if err != nil {
		return nil, err
	}
	grad := func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.TargetLossBack{N: n, K: k}, in[0], in[1], g)
		return G.Nodes{dx, nil}, err
	}
	return apply(kernel.TargetLoss{N: n, K: k}, grad, []bool{true, false}, logits, targets)
}

// SigmoidLoss is the loss of images with any number of labels: the sum of
// pos * -log sigmoid(logits) + neg * -log(1 - sigmoid(logits)), all (N,K).
func SigmoidLoss(logits, pos, neg *G.Node) (*G.Node, error) {
	n, k, err := matrix(logits)
	if err != nil {
		return nil, err
	}
	grad := func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.SigmoidLossBack{N: n, K: k}, in[0], in[1], in[2], g)
		return G.Nodes{dx, nil, nil}, err
	}
	return apply(kernel.SigmoidLoss{N: n, K: k}, grad, []bool{true, false, false}, logits, pos, neg)
}

func matrix(logits *G.Node) (n, k int, err error) {
	if logits == nil || logits.Shape().Dims() != 2 {
		return 0, 0, fmt.Errorf("loss: logits must be (N,K)")
	}
	return logits.Shape()[0], logits.Shape()[1], nil
}
