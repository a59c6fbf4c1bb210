package kernel

import "fmt"

// ConvGeom is the geometry that a convolution shares with its two backward convolutions. The
// padding is symmetric and holds zeros; OH = (H+2*PadH-DilH*(KH-1)-1)/StrideH+1, OW likewise.
type ConvGeom struct {
	N, C, H, W       int // input
	O, KH, KW        int // weights are (O,C/Groups,KH,KW)
	StrideH, StrideW int
	PadH, PadW       int
	DilH, DilW       int
	Groups           int
}

// OutHW gives the spatial size of the output.
func (g ConvGeom) OutHW() (oh, ow int) {
	oh = (g.H+2*g.PadH-g.DilH*(g.KH-1)-1)/g.StrideH + 1
	ow = (g.W+2*g.PadW-g.DilW*(g.KW-1)-1)/g.StrideW + 1
	return oh, ow
}

// X is the logical shape of the input, (N,C,H,W).
func (g ConvGeom) X() Shape4 { return Shape4{g.N, g.C, g.H, g.W} }

// Weights is the logical shape of the weights, (O,C/Groups,KH,KW).
func (g ConvGeom) Weights() Shape4 { return Shape4{g.O, g.C / g.Groups, g.KH, g.KW} }

// Y is the logical shape of the output, (N,O,OH,OW).
func (g ConvGeom) Y() Shape4 {
	oh, ow := g.OutHW()
	return Shape4{g.N, g.O, oh, ow}
}

// Depthwise says whether every channel is a group of its own with one output channel.
func (g ConvGeom) Depthwise() bool { return g.Groups == g.C && g.O == g.C }

// Validate reports a geometry that has no output or is not well-formed.
func (g ConvGeom) Validate() error {
	for _, v := range []int{
		g.N, g.C, g.H, g.W, g.O, g.KH, g.KW, g.StrideH, g.StrideW, g.DilH, g.DilW, g.Groups,
	} {
		if v <= 0 {
			return fmt.Errorf("convolution %+v: sizes, strides, dilations and groups must be positive", g)
		}
	}
	if g.PadH < 0 || g.PadW < 0 {
		return fmt.Errorf("convolution %+v: negative padding", g)
	}
	if g.C%g.Groups != 0 || g.O%g.Groups != 0 {
		return fmt.Errorf("convolution %+v: %d and %d channels do not divide into %d groups",
			g, g.C, g.O, g.Groups)
	}
	// OutHW would round up to one.
	if g.H+2*g.PadH <= g.DilH*(g.KH-1) || g.W+2*g.PadW <= g.DilW*(g.KW-1) {
		return fmt.Errorf("convolution %+v: kernel larger than the padded %dx%d input", g, g.H, g.W)
	}
	return nil
}

// Conv is the convolution y = x*w, plus a bias where Bias is set. Inputs: x (N,C,H,W),
// w (O,C/Groups,KH,KW) and, with Bias, b (O). Output: y (N,O,OH,OW).
type Conv struct {
	ConvGeom
	Bias bool
}

// ConvBackData is the gradient of a convolution with respect to its input. Inputs: w, dy.
// Output: dx.
type ConvBackData struct{ ConvGeom }

// ConvBackWeights is the gradient of a convolution with respect to its weights. Inputs: x, dy.
// Output: dw.
type ConvBackWeights struct{ ConvGeom }

// ChannelSum is the sum of x (N,C,H,W) over N, H and W, as (C): the gradient of a convolution's
// bias, x being dy.
type ChannelSum struct{ X Shape4 }

// ConvAct is a Conv followed by the sum with a residual and by an activation, in one pass over
// memory. Inputs: x, w, b with Bias, and with Residual a tensor of the output's shape. The
// activation of a NaN may be zero, as in oneDNN.
type ConvAct struct {
	Conv
	Residual bool
	Act      Act
	// Exact keeps the output float32 where the backend's precision is lower.
	Exact bool
	// Inference says that the weights stay the same over many runs.
	Inference bool
}

// FoldWeights folds a Norm with constant statistics into the weights of the convolution before
// it: w[o] * scale[o]/sqrt(var[o]+Eps). Inputs: w (O,I,KH,KW), stats (2,O), scale (O).
type FoldWeights struct {
	W   Shape4
	Eps float32
}

// FoldBias folds a Norm with constant statistics into the bias of the convolution before it:
// shift + (b-mean)*scale/sqrt(var+Eps). Inputs: stats (2,C), scale (C), shift (C) and, where the
// convolution has a bias of its own, b (C).
type FoldBias struct {
	C    int
	Eps  float32
	Bias bool
}

// Validate reports a geometry or an activation that is out of range.
func (s ConvAct) Validate() error {
	if err := s.Act.validateFused(); err != nil {
		return fmt.Errorf("convolution: %w", err)
	}
	return s.Conv.Validate()
}

func (s Conv) In() [][]int {
	in := [][]int{s.X().slice(), s.Weights().slice()}
	if s.Bias {
		in = append(in, []int{s.O})
	}
	return in
}
func (s Conv) Out() []int             { return s.Y().slice() }
func (s ConvBackData) In() [][]int    { return [][]int{s.Weights().slice(), s.Y().slice()} }
func (s ConvBackData) Out() []int     { return s.X().slice() }
func (s ConvBackWeights) In() [][]int { return [][]int{s.X().slice(), s.Y().slice()} }
func (s ConvBackWeights) Out() []int  { return s.Weights().slice() }
func (s ChannelSum) In() [][]int      { return [][]int{s.X.slice()} }
func (s ChannelSum) Out() []int       { return []int{s.X[1]} }

func (s ConvAct) In() [][]int {
	in := s.Conv.In()
	if s.Residual {
		in = append(in, s.Out())
	}
	return in
}

func (s FoldWeights) In() [][]int { return [][]int{s.W.slice(), {2, s.W[0]}, {s.W[0]}} }
func (s FoldWeights) Out() []int  { return s.W.slice() }

func (s FoldBias) In() [][]int {
	in := [][]int{{2, s.C}, {s.C}, {s.C}}
	if s.Bias {
		in = append(in, []int{s.C})
	}
	return in
}
func (s FoldBias) Out() []int { return []int{s.C} }
