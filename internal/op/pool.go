package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel"
)

// PoolAttr is the geometry of a square window.
type PoolAttr struct {
	Size, Stride, Pad int
	// Ceil rounds the output size up, as PyTorch's ceil_mode does; the last window must start
	// inside the input or its left padding.
	Ceil bool
}

func (a PoolAttr) out(in int) int {
	span := in + 2*a.Pad - a.Size
	n := span/a.Stride + 1
	if a.Ceil && span%a.Stride != 0 && n*a.Stride < in+a.Pad {
		n++
	}
	return n
}

func (a PoolAttr) geom(x *G.Node) (kernel.PoolGeom, error) {
	s, err := shape4(x)
	if err != nil {
		return kernel.PoolGeom{}, err
	}
	if a.Size < 1 || a.Stride < 1 || a.Pad < 0 || 2*a.Pad > a.Size {
		return kernel.PoolGeom{}, fmt.Errorf(
			"window %+v: size and stride must be positive, padding at most half the size", a)
	}
	if s[2]+2*a.Pad < a.Size || s[3]+2*a.Pad < a.Size {
		return kernel.PoolGeom{}, fmt.Errorf("window of %d is larger than the padded %dx%d input", a.Size,
			s[2], s[3])
	}
	return kernel.PoolGeom{
		N: s[0], C: s[1], H: s[2], W: s[3], KH: a.Size, KW: a.Size, StrideH: a.Stride, StrideW: a.Stride,
		PadH: a.Pad, PadW: a.Pad, OH: a.out(s[2]), OW: a.out(s[3]),
	}, nil
}

// MaxPool2D is torch.nn.MaxPool2d on (N,C,H,W).
func MaxPool2D(x *G.Node, a PoolAttr) (*G.Node, error) {
	g, err := a.geom(x)
	if err != nil {
		return nil, fmt.Errorf("max pool: %w", err)
	}
	grad := func(in G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.MaxPoolBack{PoolGeom: g}, in[0], dy)
		return G.Nodes{dx}, err
	}
	return apply(kernel.MaxPool{PoolGeom: g}, grad, []bool{true}, x)
}

// AvgPool2D is torch.nn.AvgPool2d on (N,C,H,W) with count_include_pad.
func AvgPool2D(x *G.Node, a PoolAttr) (*G.Node, error) {
	g, err := a.geom(x)
	if err != nil {
		return nil, fmt.Errorf("average pool: %w", err)
	}
	grad := func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.AvgPoolBack{PoolGeom: g}, dy)
		return G.Nodes{dx}, err
	}
	return apply(kernel.AvgPool{PoolGeom: g}, grad, []bool{true}, x)
}

// SpatialMean is the mean over H and W as an activation of one pixel: (N,C,H,W) to (N,C,1,1).
func SpatialMean(x *G.Node) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("spatial mean: %w", err)
	}
	g := kernel.PoolGeom{N: s[0], C: s[1], H: s[2], W: s[3], KH: s[2], KW: s[3], StrideH: 1,
		StrideW: 1, OH: 1, OW: 1}
	grad := func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.AvgPoolBack{PoolGeom: g}, dy)
		return G.Nodes{dx}, err
	}
	return apply(kernel.AvgPool{PoolGeom: g}, grad, []bool{true}, x)
}

// GlobalAvgPool is the mean over H and W: (N,C,H,W) to (N,C).
func GlobalAvgPool(x *G.Node) (*G.Node, error) {
	s, err := shape4(x)
	if err != nil {
		return nil, fmt.Errorf("global average pool: %w", err)
	}
	grad := func(_ G.Nodes, _, dy *G.Node) (G.Nodes, error) {
		dx, err := leaf(kernel.GlobalAvgPoolBack{X: s}, dy)
		return G.Nodes{dx}, err
	}
	return apply(kernel.GlobalAvgPool{X: s}, grad, []bool{true}, x)
}
