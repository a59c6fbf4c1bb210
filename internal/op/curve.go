package op

import (
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// Curve applies an activation to x (N,C,H,W) element by element.
func Curve(x *G.Node, f kernel.Act) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.ToLower(f.String()), err)
	}
	back := kernel.CurveBack{F: f, X: s}
	grad := ofInput(back)
	if f.OfOutput() { // the input's memory can be taken over
		grad = func(_ G.Nodes, y, dy *G.Node) (G.Nodes, error) {
			dx, err := leaf(back, y, dy)
			return G.Nodes{dx}, err
		}
	}
	return apply(kernel.Curve{F: f, X: s}, grad, []bool{true}, x)
}

// ReLU is max(x, 0) on (N,C,H,W): torch.nn.ReLU.
func ReLU(x *G.Node) (*G.Node, error) { return Curve(x, kernel.ReLU) }

// ReLU6 is min(max(x, 0), 6) on (N,C,H,W): torch.nn.ReLU6.
func ReLU6(x *G.Node) (*G.Node, error) { return Curve(x, kernel.ReLU6) }

// Sigmoid is 1/(1+exp(-x)) on (N,C,H,W): torch.nn.Sigmoid.
func Sigmoid(x *G.Node) (*G.Node, error) { return Curve(x, kernel.Sigmoid) }

// SiLU is x*sigmoid(x) on (N,C,H,W): torch.nn.SiLU.
func SiLU(x *G.Node) (*G.Node, error) { return Curve(x, kernel.SiLU) }

// GELU is x times the distribution function of the normal distribution on (N,C,H,W), by the exact
// erf: torch.nn.GELU.
func GELU(x *G.Node) (*G.Node, error) { return Curve(x, kernel.GELU) }

// ofInput is the gradient of an op of one input, computed by a Spec of the input and dy.
func ofInput(back kernel.Spec) gradient {
	return func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(back, in[0], dy)
		return G.Nodes{dx}, err
	}
}

// LRNAttr are the constants of a local response norm, as torch.nn.LocalResponseNorm has them.
type LRNAttr struct {
	Size           int
	Alpha, Beta, K float32
}

// LRN divides each value of x (N,C,H,W) by the energy of the neighbouring channels:
// torch.nn.LocalResponseNorm.
func LRN(x *G.Node, a LRNAttr) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("local response norm: %w", err)
	}
	spec := kernel.LRN{X: s, Size: a.Size, Alpha: a.Alpha, Beta: a.Beta, K: a.K}
	return apply(spec, ofInput(kernel.LRNBack{LRN: spec}), []bool{true}, x)
}

// ScaleChannels multiplies x (N,C,H,W) by s (N,C,1,1): the excitation of a squeeze-and-excite
// block.
func ScaleChannels(x, s *G.Node) (*G.Node, error) {
	shape, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("scale channels: %w", err)
	}
	grad := func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.ScaleChannels{X: shape}, dy, in[1])
		if err != nil {
			return nil, err
		}
		ds, err := leaf(kernel.ScaleChannelsBack{X: shape}, in[0], dy)
		return G.Nodes{dx, ds}, err
	}
	return apply(kernel.ScaleChannels{X: shape}, grad, []bool{true, true}, x, s)
}

// AttentionDrop is the attention-based dropout layer in training on x (N,C,H,W) (Choe and Shim
// 2019, https://arxiv.org/abs/1908.10028). Where choice (1) is 1, it drops the positions at which
// the mean over the channels is largest; where choice is 0, it multiplies each position by the
// sigmoid of that mean. The caller draws choice for each step.
func AttentionDrop(x, choice *G.Node, threshold float32) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("attention dropout: %w", err)
	}
	spec := kernel.AttentionDrop{X: s, Threshold: threshold}
	grad := func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.AttentionDropBack{AttentionDrop: spec}, in[0], in[1], dy)
		return G.Nodes{dx, nil}, err
	}
	return apply(spec, grad, []bool{true, false}, x, choice)
}
