package kernel

import "fmt"

// NormStats is the batch statistics of x (N,C,H,W) over N, H and W, as (2,C): row 0 is the mean,
// row 1 the biased variance (divisor N*H*W).
type NormStats struct{ X Shape4 }

// Norm is batch normalisation with given statistics, per channel:
// y = (x-mean)/sqrt(var+Eps)*scale + shift. Inputs: x, stats (2,C) in the form of NormStats,
// scale (C), shift (C).
type Norm struct {
	X   Shape4
	Eps float32
}

// NormBackParams is the gradients of a Norm's parameters, as (2,C): row 0 is that of scale, the
// sum of dy*(x-mean)/sqrt(var+Eps), row 1 that of shift, the sum of dy. Inputs: x, stats, dy.
type NormBackParams struct {
	X   Shape4
	Eps float32
}

// NormBackData is the gradient of a Norm with respect to its input. Inputs: x, stats, scale, the
// (2,C) of NormBackParams, dy. With Frozen the statistics are constants, such as running
// averages; without, the gradient also flows through the batch's own mean and variance.
type NormBackData struct {
	X      Shape4
	Eps    float32
	Frozen bool
}

// NormAct is a Norm followed by the sum with a residual and by an activation, in one pass over
// memory. Inputs: x, stats, scale, shift and, with Residual, a tensor of the output's shape.
type NormAct struct {
	Norm
	Residual bool
	Act      Act
}

// NormActBackParams is NormBackParams of a Norm that an activation follows: dy counts where the
// activation passes gradients. Inputs: x, stats, scale, shift, dy.
type NormActBackParams struct {
	NormBackParams
	Act Act
}

// NormActBackData is NormBackData of a Norm that an activation follows: dy counts where the
// activation passes gradients. Inputs: x, stats, scale, shift, the (2,C) of NormActBackParams, dy.
type NormActBackData struct {
	NormBackData
	Act Act
}

// Validate reports an activation that norms are not fused with.
func (s NormAct) Validate() error { return validateNormAct(s.Act) }

// Validate reports an activation that norms are not fused with.
func (s NormActBackParams) Validate() error { return validateNormAct(s.Act) }

// Validate reports an activation that norms are not fused with.
func (s NormActBackData) Validate() error { return validateNormAct(s.Act) }

func validateNormAct(a Act) error {
	if err := a.validateFused(); err != nil {
		return fmt.Errorf("batch norm: %w", err)
	}
	return nil
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

func (s NormAct) In() [][]int {
	in := s.Norm.In()
	if s.Residual {
		in = append(in, s.Out())
	}
	return in
}

func (s NormActBackParams) In() [][]int {
	c := s.X[1]
	return [][]int{s.X.slice(), {2, c}, {c}, {c}, s.X.slice()}
}
func (s NormActBackParams) Out() []int { return []int{2, s.X[1]} }

func (s NormActBackData) In() [][]int {
	c := s.X[1]
	return [][]int{s.X.slice(), {2, c}, {c}, {c}, {2, c}, s.X.slice()}
}
func (s NormActBackData) Out() []int { return s.X.slice() }

// LayerNorm normalises each position over its channels (Ba et al. 2016,
// https://arxiv.org/abs/1607.06450): y = (x-mean)/sqrt(var+Eps)*scale + shift with the mean and
// biased variance over C, as torch.nn.LayerNorm does on (N,H,W,C). Inputs: x (N,C,H,W), scale (C),
// shift (C). Where all channels are equal, y is shift.
type LayerNorm struct {
	X   Shape4
	Eps float32
}

// LayerNormBackParams is the gradients of a LayerNorm's parameters, as (2,C): row 0 is that of
// scale, the sum over N, H and W of dy*(x-mean)/sqrt(var+Eps), row 1 that of shift, the sum of dy.
// Inputs: x, dy.
type LayerNormBackParams struct{ LayerNorm }

// LayerNormBackData is the gradient of a LayerNorm with respect to its input. Inputs: x, scale,
// dy.
type LayerNormBackData struct{ LayerNorm }

// Validate reports an Eps that is not positive.
func (s LayerNorm) Validate() error {
	if !(s.Eps > 0) {
		return fmt.Errorf("layer norm: epsilon %g must be positive", s.Eps)
	}
	return nil
}

func (s LayerNorm) In() [][]int           { return [][]int{s.X.slice(), {s.X[1]}, {s.X[1]}} }
func (s LayerNorm) Out() []int            { return s.X.slice() }
func (s LayerNormBackParams) In() [][]int { return [][]int{s.X.slice(), s.X.slice()} }
func (s LayerNormBackParams) Out() []int  { return []int{2, s.X[1]} }
func (s LayerNormBackData) In() [][]int   { return [][]int{s.X.slice(), {s.X[1]}, s.X.slice()} }

// LRN is local response normalisation (Krizhevsky et al. 2012): each value is divided by the
// energy of its neighbours in the channels, y_c = x_c * s_c^-Beta with
// s_c = K + Alpha/Size * the sum of x_j^2 over the Size channels centred on c. Where Size is even,
// the window has one channel more before c than behind. It is
// torch.nn.functional.local_response_norm.
type LRN struct {
	X              Shape4
	Size           int
	Alpha, Beta, K float32
}

// LRNBack is the gradient of LRN. Inputs: x, dy.
type LRNBack struct{ LRN }

// Validate reports a window or constants that are out of range.
func (s LRN) Validate() error {
	if s.Size < 1 || !(s.K > 0) || !(s.Alpha >= 0) {
		return fmt.Errorf("local response norm: size %d, k %g and alpha %g must be positive",
			s.Size, s.K, s.Alpha)
	}
	return nil
}

func (s LRN) In() [][]int     { return [][]int{s.X.slice()} }
func (s LRN) Out() []int      { return s.X.slice() }
func (s LRNBack) In() [][]int { return [][]int{s.X.slice(), s.X.slice()} }
