package kernel

import "fmt"

// Tensor is a shape of up to four axes, that of a parameter for example. Dims says how many leading
// entries of Shape count.
type Tensor struct {
	Dims  int
	Shape Shape4
}

// NewTensor is the Tensor of a shape, which has at most four axes.
func NewTensor(shape []int) Tensor {
	t := Tensor{Dims: len(shape)}
	copy(t.Shape[:], shape)
	return t
}

// Validate reports a number of dimensions that Shape does not have.
func (t Tensor) Validate() error {
	if t.Dims < 0 || t.Dims > len(t.Shape) {
		return fmt.Errorf("tensor: %d dimensions, want 0 to %d", t.Dims, len(t.Shape))
	}
	return nil
}

func (t Tensor) shape() []int { return t.Shape.slice()[:t.Dims] }

// number is the shape of a factor that changes from run to run, so that nothing is compiled anew.
func number() []int { return []int{1} }

// Blend is (A*a)*x + (B*b)*y for each element. A and B belong to the Spec, a and b are inputs. With
// it a momentum moves, and a running average of parameters. Inputs: x, y, a (1), b (1).
type Blend struct {
	Tensor
	A, B float32
}

// BlendSquare is a*x + b*y*y for each element: how the running average of a gradient's square
// moves. Inputs: x, y, a (1), b (1).
type BlendSquare struct{ Tensor }

// AdamMove is the parameters after a step of AdamW: (1 - Rate*Decay*scale)*w -
// (Rate*scale*fresh)*m / (sqrt(v)*root + Eps). fresh and root correct the averages m, of the
// gradient, and v, of its square, for having begun at zero. Inputs: w, m, v, scale (1), fresh (1),
// root (1).
type AdamMove struct {
	Tensor
	Rate, Decay, Eps float32
}

// SumSquares is the sum of the squares of all elements, as (1).
type SumSquares struct{ Tensor }

// ClipFactor is what gradients have to be multiplied by, each of which is Mean times what is summed
// up, so that their norm is at most Limit: Mean * min(1, Limit/(Mean*sqrt(sum) + 1e-6)), as
// torch.nn.utils.clip_grad_norm_ has it. Input: the sum of the squares (1).
type ClipFactor struct{ Mean, Limit float32 }

// MoveStats is the running statistics (2,C) of a batch norm after a batch: r + Rate*(s - r), where
// s is the statistics of the batch with their variances times Unbias. Inputs: r and those of the
// batch, in the form of NormStats.
type MoveStats struct {
	C            int
	Rate, Unbias float32
}

// Top is the index of the largest of the K values of each of N rows, of the first of equal ones; K
// where one is NaN.
type Top struct{ N, K int }

// Validate reports a limit or a mean that is not positive.
func (s ClipFactor) Validate() error {
	if !(s.Mean > 0 && s.Limit > 0) {
		return fmt.Errorf("clipping: mean %g and limit %g must be positive", s.Mean, s.Limit)
	}
	return nil
}

func (s Blend) In() [][]int       { return [][]int{s.shape(), s.shape(), number(), number()} }
func (s Blend) Out() []int        { return s.shape() }
func (s BlendSquare) In() [][]int { return [][]int{s.shape(), s.shape(), number(), number()} }
func (s BlendSquare) Out() []int  { return s.shape() }
func (s AdamMove) In() [][]int {
	return [][]int{s.shape(), s.shape(), s.shape(), number(), number(), number()}
}
func (s AdamMove) Out() []int    { return s.shape() }
func (s SumSquares) In() [][]int { return [][]int{s.shape()} }
func (s SumSquares) Out() []int  { return number() }
func (s ClipFactor) In() [][]int { return [][]int{number()} }
func (s ClipFactor) Out() []int  { return number() }
func (s MoveStats) In() [][]int  { return [][]int{{2, s.C}, {2, s.C}} }
func (s MoveStats) Out() []int   { return []int{2, s.C} }
func (s Top) In() [][]int        { return [][]int{{s.N, s.K}} }
func (s Top) Out() []int         { return []int{s.N} }
