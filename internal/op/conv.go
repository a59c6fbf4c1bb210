package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// ConvAttr is the geometry of a convolution but for the size of its kernel, which the weights give.
type ConvAttr struct {
	Stride, Pad int
	PadH, PadW  int // added to Pad above and below, and left and right
	Dilation    int // 0 means 1
	Groups      int // 0 means 1
}

// Conv2D convolves x (N,C,H,W) with w (O,C/groups,KH,KW) and adds the bias b (O), which may be nil.
// The result is (N,O,OH,OW): torch.nn.functional.conv2d.
func Conv2D(x, w, b *G.Node, a ConvAttr) (*G.Node, error) {
	xs, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("conv2d: input: %w", err)
	}
	ws, err := shape4(w)
	if err != nil {
		return nil, fmt.Errorf("conv2d: weights: %w", err)
	}
	dil, groups := max(a.Dilation, 1), max(a.Groups, 1)
	g := kernel.ConvGeom{
		N: xs[0], C: xs[1], H: xs[2], W: xs[3], O: ws[0], KH: ws[2], KW: ws[3],
		StrideH: a.Stride, StrideW: a.Stride, PadH: a.Pad + a.PadH, PadW: a.Pad + a.PadW,
		DilH: dil, DilW: dil, Groups: groups,
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	in, wrt := []*G.Node{x, w}, []bool{true, true}
	if b != nil {
		in, wrt = append(in, b), append(wrt, true)
	}
	return apply(kernel.Conv{ConvGeom: g, Bias: b != nil}, convGrad(g), wrt, in...)
}

func convGrad(g kernel.ConvGeom) gradient {
	return func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dw, err := leaf(kernel.ConvBackWeights{ConvGeom: g}, in[0], dy)
		if err != nil {
			return nil, err
		}
		dx, err := leaf(kernel.ConvBackData{ConvGeom: g}, in[1], dy)
		if err != nil {
			return nil, err
		}
		if len(in) == 2 {
			return G.Nodes{dx, dw}, nil
		}
		db, err := leaf(kernel.ChannelSum{X: g.Y()}, dy)
		return G.Nodes{dx, dw, db}, err
	}
}
