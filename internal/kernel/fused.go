package kernel

// The Specs here are what the executor fuses others into: each is exactly the
// composition that its comment names, in one pass over memory.

// Act is the activation that a fused Spec ends with.
type Act uint8

// The activations.
const (
	NoAct    Act = iota
	ActReLU      // ReLU
	ActReLU6     // ReLU6
)

// ConvAct is a Conv, plus a residual of the output's shape, then an activation:
// inputs x, w, b with Bias, residual with Residual. Of NaN an activation
// may make zero, as oneDNN has it.
type ConvAct struct {
	Conv
	Residual bool
	Act      Act
	// Exact keeps the output float32 where the backend's precision is lower.
	Exact bool
	// Inference says that the weights stay for many runs.
	Inference bool
}

// NormAct is a Norm, plus a residual, then an activation: inputs x, stats,
// scale, shift, residual with Residual.
type NormAct struct {
	Norm
	Residual bool
	Act      Act
}

// NormActBackParams is NormBackParams of a Norm that an activation follows: dy counts where
// that one passes gradients. Inputs x, stats, scale, shift, dy.
type NormActBackParams struct {
	NormBackParams
	Act Act
}

// NormActBackData is NormBackData likewise: inputs x, stats, scale, shift, the
// (2,C) of NormActBackParams, dy.
type NormActBackData struct {
	NormBackData
	Act Act
}

// AddReLU is max(a+b, 0).
type AddReLU struct{ X Shape4 }

// ReLUBackAdd is dx = dy1 + dy2 where y > 0, else 0: inputs y, dy1, dy2.
type ReLUBackAdd struct{ X Shape4 }

// FoldWeights are the weights of a convolution that a Norm of constant statistics
// follows, times the norm's factor: inputs w (O,I,KH,KW), stats (2,O), scale (O).
type FoldWeights struct {
	W   Shape4
	Eps float32
}

// FoldBias is its bias: shift + (b-mean)*factor. Inputs stats, scale, shift and,
// with Bias, b.
type FoldBias struct {
	C    int
	Eps  float32
	Bias bool
}

func (s ConvAct) In() [][]int {
	in := s.Conv.In()
	if s.Residual {
		in = append(in, s.Out())
	}
	return in
}

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

func (s AddReLU) In() [][]int     { return [][]int{s.X.slice(), s.X.slice()} }
func (s AddReLU) Out() []int      { return s.X.slice() }
func (s ReLUBackAdd) In() [][]int { return [][]int{s.X.slice(), s.X.slice(), s.X.slice()} }
func (s ReLUBackAdd) Out() []int  { return s.X.slice() }

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
