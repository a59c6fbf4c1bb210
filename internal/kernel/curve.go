package kernel

// Act is the activation that a fused Spec ends with.
type Act uint8

// The activations of fused Specs.
const (
	NoAct    Act = iota
	ActReLU      // ReLU
	ActReLU6     // ReLU6
)

// ReLU is y = max(x, 0); NaN stays NaN.
type ReLU struct{ X Shape4 }

// ReLUBack is the gradient of ReLU: dx = dy where y > 0, else 0. Inputs: y, dy.
type ReLUBack struct{ X Shape4 }

// ReLU6 is y = min(max(x, 0), 6); NaN stays NaN.
type ReLU6 struct{ X Shape4 }

// ReLU6Back is the gradient of ReLU6: dx = dy where 0 < y < 6, else 0. Inputs: y, dy.
type ReLU6Back struct{ X Shape4 }

// Sigmoid is y = 1/(1+exp(-x)).
type Sigmoid struct{ X Shape4 }

// SigmoidBack is the gradient of Sigmoid: dx = dy*y*(1-y). Inputs: y, dy.
type SigmoidBack struct{ X Shape4 }

// SiLU is y = x/(1+exp(-x)), also called swish (Elfwing et al. 2017,
// https://arxiv.org/abs/1702.03118).
type SiLU struct{ X Shape4 }

// SiLUBack is the gradient of SiLU. Inputs: x, dy.
type SiLUBack struct{ X Shape4 }

// GELU is y = x*P(x) with the distribution function of the normal distribution,
// P(x) = (1+erf(x/sqrt(2)))/2 (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415):
// torch.nn.GELU. Minus infinity gives NaN, as there.
type GELU struct{ X Shape4 }

// GELUBack is the gradient of GELU: dx = dy*(P(x) + x*P'(x)). Inputs: x, dy. An infinite x
// gives NaN.
type GELUBack struct{ X Shape4 }

// AddReLU is max(a+b, 0): an Add and a ReLU in one pass over memory.
type AddReLU struct{ X Shape4 }

// ReLUBackAdd is dx = dy1+dy2 where y > 0, else 0: a ReLUBack of an Add in one pass over memory.
// Inputs: y, dy1, dy2.
type ReLUBackAdd struct{ X Shape4 }

func (s ReLU) In() [][]int        { return [][]int{s.X.slice()} }
func (s ReLU) Out() []int         { return s.X.slice() }
func (s ReLUBack) In() [][]int    { return [][]int{s.X.slice(), s.X.slice()} }
func (s ReLUBack) Out() []int     { return s.X.slice() }
func (s ReLU6) In() [][]int       { return [][]int{s.X.slice()} }
func (s ReLU6) Out() []int        { return s.X.slice() }
func (s ReLU6Back) In() [][]int   { return [][]int{s.X.slice(), s.X.slice()} }
func (s ReLU6Back) Out() []int    { return s.X.slice() }
func (s Sigmoid) In() [][]int     { return [][]int{s.X.slice()} }
func (s Sigmoid) Out() []int      { return s.X.slice() }
func (s SigmoidBack) In() [][]int { return [][]int{s.X.slice(), s.X.slice()} }
func (s SigmoidBack) Out() []int  { return s.X.slice() }
func (s SiLU) In() [][]int        { return [][]int{s.X.slice()} }
func (s SiLU) Out() []int         { return s.X.slice() }
func (s SiLUBack) In() [][]int    { return [][]int{s.X.slice(), s.X.slice()} }
func (s SiLUBack) Out() []int     { return s.X.slice() }
func (s GELU) In() [][]int        { return [][]int{s.X.slice()} }
func (s GELU) Out() []int         { return s.X.slice() }
func (s GELUBack) In() [][]int    { return [][]int{s.X.slice(), s.X.slice()} }
func (s GELUBack) Out() []int     { return s.X.slice() }
func (s AddReLU) In() [][]int     { return [][]int{s.X.slice(), s.X.slice()} }
func (s AddReLU) Out() []int      { return s.X.slice() }
func (s ReLUBackAdd) In() [][]int { return [][]int{s.X.slice(), s.X.slice(), s.X.slice()} }
func (s ReLUBackAdd) Out() []int  { return s.X.slice() }
