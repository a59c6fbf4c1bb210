package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// ClassMap is the class activation map of each image's label: channel labels[n]
// of maps (N,K,H,W), min-max normalised to [0,1], as (N,1,H,W); zeros where it
// is constant or not finite. It is a constant in the backward pass (ACoL,
// section 3.2). labels (N) are class indices stored as float32.
func ClassMap(maps, labels *G.Node) (*G.Node, error) {
	s, err := shape4(maps)
	if err != nil {
		return nil, fmt.Errorf("class map: %w", err)
	}
	return leaf(kernel.ClassMap{Maps: s}, maps, labels)
}

// Erase zeroes x (N,C,H,W), in all channels, where classMap (N,1,H,W) compares
// over delta. The gradient passes where x was kept; none reaches the map.
func Erase(x, classMap *G.Node, delta float32, cmp kernel.Compare) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("erase: %w", err)
	}
	spec := kernel.Erase{X: s, Delta: delta, Cmp: cmp}
	grad := func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(spec, dy, in[1])
		return G.Nodes{dx, nil}, err
	}
	return apply(spec, grad, []bool{true, false}, x, classMap)
}

// CrossEntropy is the mean softmax cross-entropy of logits (N,K) and labels (N):
// the loss of a p branch.
func CrossEntropy(logits, labels *G.Node) (*G.Node, error) {
	return softmaxLoss(logits, labels, false)
}

// Adversarial is the loss of an n branch, which rewards every class but the
// label: the mean of log sum_j exp(x_j) - sum over j != y of x_j/(K-1). Its
// minimum is ln(K-1); it needs two classes.
func Adversarial(logits, labels *G.Node) (*G.Node, error) {
	return softmaxLoss(logits, labels, true)
}

func softmaxLoss(logits, labels *G.Node, adversarial bool) (*G.Node, error) {
	n, k, err := matrix(logits)
	if err != nil {
		return nil, err
	}
	if adversarial && k < 2 {
		return nil, fmt.Errorf("adversarial loss: %d class, want at least 2", k)
	}
	grad := func(in G.Nodes, _, g *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.SoftmaxLossBack{N: n, K: k, Adversarial: adversarial}, in[0], in[1], g)
		return G.Nodes{dx, nil}, err
	}
	return apply(kernel.SoftmaxLoss{N: n, K: k, Adversarial: adversarial}, grad, []bool{true, false}, logits, labels)
}
