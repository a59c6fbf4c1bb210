// Package kernel computes: it turns a Spec, the mathematics of one step over
// logical shapes, into a Step, code that runs on float32 memory in a stated
// physical layout. Backends differ in the Steps they compile, never in the
// result beyond rounding.
package kernel

import "fmt"

// Spec states one computation: logical shapes and attributes, no layouts.
// Activations are (N,C,H,W), convolution weights (O,I/groups,KH,KW), both
// float32. Specs are comparable values whose %T %+v form is unique, so that it
// can serve as a hash.
type Spec interface {
	// In gives the logical shapes of the inputs, Out that of the output. A
	// scalar has an empty shape.
	In() [][]int
	Out() []int
}

// Shape4 is a logical (N,C,H,W) or (O,I,KH,KW) shape.
type Shape4 [4]int

func (s Shape4) slice() []int { return []int{s[0], s[1], s[2], s[3]} }

// Size is the number of elements.
func (s Shape4) Size() int { return s[0] * s[1] * s[2] * s[3] }

// ConvGeom is the geometry that the forward and both backward convolutions
// share. Padding is symmetric zeros; OH = (H+2*PadH-DilH*(KH-1)-1)/StrideH+1.
type ConvGeom struct {
	N, C, H, W       int // input
	O, KH, KW        int // weights are (O, C/Groups, KH, KW)
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

// X, Weights and Y are the logical shapes of input, weights and output.
func (g ConvGeom) X() Shape4       { return Shape4{g.N, g.C, g.H, g.W} }
func (g ConvGeom) Weights() Shape4 { return Shape4{g.O, g.C / g.Groups, g.KH, g.KW} }
func (g ConvGeom) Y() Shape4 {
	oh, ow := g.OutHW()
	return Shape4{g.N, g.O, oh, ow}
}

// Validate says what is wrong with the geometry.
func (g ConvGeom) Validate() error {
	for _, v := range []int{g.N, g.C, g.H, g.W, g.O, g.KH, g.KW, g.StrideH, g.StrideW, g.DilH, g.DilW, g.Groups} {
		if v <= 0 {
			return fmt.Errorf("convolution %+v: sizes, strides, dilations and groups must be positive", g)
		}
	}
	if g.PadH < 0 || g.PadW < 0 {
		return fmt.Errorf("convolution %+v: negative padding", g)
	}
	if g.C%g.Groups != 0 || g.O%g.Groups != 0 {
		return fmt.Errorf("convolution %+v: %d and %d channels do not divide into %d groups", g, g.C, g.O, g.Groups)
	}
	if g.H+2*g.PadH <= g.DilH*(g.KH-1) || g.W+2*g.PadW <= g.DilW*(g.KW-1) { // OutHW would round up to one
		return fmt.Errorf("convolution %+v: kernel larger than the padded %dx%d input", g, g.H, g.W)
	}
	return nil
}

// Conv is y = x*w (+ bias): inputs x, w and, with Bias, b of shape (O).
type Conv struct {
	ConvGeom
	Bias bool
}

// ConvBackData is dx from w and dy: inputs w, dy.
type ConvBackData struct{ ConvGeom }

// ConvBackWeights is dw from x and dy: inputs x, dy.
type ConvBackWeights struct{ ConvGeom }

// ChannelSum is db of a convolution: (C), the sum of dy over N, H and W.
type ChannelSum struct{ X Shape4 }

func (s Conv) In() [][]int {
	in := [][]int{s.ConvGeom.X().slice(), s.Weights().slice()}
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

// ReLU is y = max(x, 0); NaN stays NaN.
type ReLU struct{ X Shape4 }

// ReLUBack is dx = dy where y > 0, else 0: inputs y, dy.
type ReLUBack struct{ X Shape4 }

// Add is the element-wise sum of two tensors of any one shape; Dims tells how
// many leading entries of Shape count.
type Add struct {
	Dims  int
	Shape Shape4
}

func (s ReLU) In() [][]int     { return [][]int{s.X.slice()} }
func (s ReLU) Out() []int      { return s.X.slice() }
func (s ReLUBack) In() [][]int { return [][]int{s.X.slice(), s.X.slice()} }
func (s ReLUBack) Out() []int  { return s.X.slice() }
func (s Add) In() [][]int      { return [][]int{s.Out(), s.Out()} }
func (s Add) Out() []int       { return s.Shape.slice()[:s.Dims] }

// PoolGeom is the geometry of a window over each channel. OH and OW are given,
// since ceil-mode pools differ from floor-mode ones in them alone: a window may
// reach beyond the right and lower padding, where nothing counts.
type PoolGeom struct {
	N, C, H, W       int
	KH, KW           int
	StrideH, StrideW int
	PadH, PadW       int
	OH, OW           int
}

func (g PoolGeom) x() []int { return []int{g.N, g.C, g.H, g.W} }
func (g PoolGeom) y() []int { return []int{g.N, g.C, g.OH, g.OW} }

// MaxPool takes the maximum of each window; padding is minus infinity, NaN wins.
type MaxPool struct{ PoolGeom }

// MaxPoolBack gives dy to the first maximum (in raster order) of each window,
// or its last NaN, as PyTorch does: inputs x, dy.
type MaxPoolBack struct{ PoolGeom }

// AvgPool is the mean of each window with a divisor of KH*KW everywhere,
// padding counted as zeros (PyTorch's count_include_pad).
type AvgPool struct{ PoolGeom }

// AvgPoolBack is its gradient: input dy.
type AvgPoolBack struct{ PoolGeom }

func (s MaxPool) In() [][]int     { return [][]int{s.x()} }
func (s MaxPool) Out() []int      { return s.y() }
func (s MaxPoolBack) In() [][]int { return [][]int{s.x(), s.y()} }
func (s MaxPoolBack) Out() []int  { return s.x() }
func (s AvgPool) In() [][]int     { return [][]int{s.x()} }
func (s AvgPool) Out() []int      { return s.y() }
func (s AvgPoolBack) In() [][]int { return [][]int{s.y()} }
func (s AvgPoolBack) Out() []int  { return s.x() }

// GlobalAvgPool is the mean over H and W: (N,C,H,W) to (N,C).
type GlobalAvgPool struct{ X Shape4 }

// GlobalAvgPoolBack is its gradient: (N,C) to (N,C,H,W).
type GlobalAvgPoolBack struct{ X Shape4 }

func (s GlobalAvgPool) In() [][]int     { return [][]int{s.X.slice()} }
func (s GlobalAvgPool) Out() []int      { return []int{s.X[0], s.X[1]} }
func (s GlobalAvgPoolBack) In() [][]int { return [][]int{{s.X[0], s.X[1]}} }
func (s GlobalAvgPoolBack) Out() []int  { return s.X.slice() }

// NormStats gives batch statistics of each channel over N, H and W as (2,C):
// row 0 the mean, row 1 the biased variance (divisor N*H*W).
type NormStats struct{ X Shape4 }

// Norm is y = (x-mean)/sqrt(var+Eps)*scale + shift per channel: inputs x,
// stats (2,C) as NormStats gives them, scale (C), shift (C).
type Norm struct {
	X   Shape4
	Eps float32
}

// NormBackParams gives, as (2,C), the gradients of scale (row 0: sum of
// dy*(x-mean)/sqrt(var+Eps)) and of shift (row 1: sum of dy): inputs x, stats, dy.
type NormBackParams struct {
	X   Shape4
	Eps float32
}

// NormBackData is dx: inputs x, stats, scale, the (2,C) of NormBackParams, dy.
// With Frozen the statistics are constants (running ones); without, dx also
// flows through the batch's own mean and variance.
type NormBackData struct {
	X      Shape4
	Eps    float32
	Frozen bool
}

func (s NormStats) In() [][]int { return [][]int{s.X.slice()} }
func (s NormStats) Out() []int  { return []int{2, s.X[1]} }
func (s Norm) In() [][]int {
	c := s.X[1]
	return [][]int{s.X.slice(), {2, c}, {c}, {c}}
}
func (s Norm) Out() []int { return s.X.slice() }
func (s NormBackParams) In() [][]int {
	return [][]int{s.X.slice(), {2, s.X[1]}, s.X.slice()}
}
func (s NormBackParams) Out() []int { return []int{2, s.X[1]} }
func (s NormBackData) In() [][]int {
	c := s.X[1]
	return [][]int{s.X.slice(), {2, c}, {c}, {2, c}, s.X.slice()}
}
func (s NormBackData) Out() []int { return s.X.slice() }

// Row takes row I of a (Rows,C) tensor.
type Row struct{ Rows, C, I int }

func (s Row) In() [][]int { return [][]int{{s.Rows, s.C}} }
func (s Row) Out() []int  { return []int{s.C} }

// MaxConcat is how many tensors Concat joins at most.
const MaxConcat = 8

// Concat joins Count tensors of (N,Parts[i],H,W) along the channel axis.
type Concat struct {
	N, H, W int
	Count   int
	Parts   [MaxConcat]int
}

// ChannelSlice takes channels [From,To) of an (N,C,H,W) tensor.
type ChannelSlice struct {
	X        Shape4
	From, To int
}

func (s Concat) In() [][]int {
	in := make([][]int, s.Count)
	for i := range in {
		in[i] = []int{s.N, s.Parts[i], s.H, s.W}
	}
	return in
}
func (s Concat) Out() []int {
	c := 0
	for _, p := range s.Parts[:s.Count] {
		c += p
	}
	return []int{s.N, c, s.H, s.W}
}
func (s ChannelSlice) In() [][]int { return [][]int{s.X.slice()} }
func (s ChannelSlice) Out() []int  { return []int{s.X[0], s.To - s.From, s.X[2], s.X[3]} }

// ClassMap picks channel label[n] of maps (N,K,H,W) and min-max normalises it
// over H and W: inputs maps, labels (N) (class indices stored as float32);
// output (N,1,H,W) in [0,1]. A map that is constant, or holds a NaN or an
// infinity, becomes all zeros; without such a class it is NaN.
type ClassMap struct{ Maps Shape4 }

// Erase is y = 0 at positions, in all channels, where the map compares over
// Delta, else x: inputs x (N,C,H,W), map (N,1,H,W). It is its own gradient with
// respect to x; the map is a constant (ACoL, section 3.2).
type Erase struct {
	X     Shape4
	Delta float32
	Cmp   Compare
}

func (s ClassMap) In() [][]int { return [][]int{s.Maps.slice(), {s.Maps[0]}} }
func (s ClassMap) Out() []int  { return []int{s.Maps[0], 1, s.Maps[2], s.Maps[3]} }
func (s Erase) In() [][]int {
	return [][]int{s.X.slice(), {s.X[0], 1, s.X[2], s.X[3]}}
}
func (s Erase) Out() []int { return s.X.slice() }

// SoftmaxLoss is the mean over N of log sum_j exp(x_j) - sum_j q_j x_j for
// logits (N,K) and labels (N): inputs logits, labels; a scalar. q is one at the label
// (cross-entropy) or, with Adversarial, 1/(K-1) everywhere else. Labels outside
// [0,K) give NaN.
type SoftmaxLoss struct {
	N, K        int
	Adversarial bool
}

// SoftmaxLossBack is (softmax(x)-q)/N*g: inputs logits, labels, g (a scalar).
type SoftmaxLossBack struct {
	N, K        int
	Adversarial bool
}

func (s SoftmaxLoss) In() [][]int     { return [][]int{{s.N, s.K}, {s.N}} }
func (s SoftmaxLoss) Out() []int      { return nil }
func (s SoftmaxLossBack) In() [][]int { return [][]int{{s.N, s.K}, {s.N}, {}} }
func (s SoftmaxLossBack) Out() []int  { return []int{s.N, s.K} }
