package kernel

import (
	"errors"
	"fmt"
)

// Act is an activation function, applied element by element.
type Act uint8

const (
	// NoAct is the identity: a fused Spec without an activation.
	NoAct Act = iota
	// ReLU is max(x, 0); NaN stays NaN.
	ReLU
	// ReLU6 is min(max(x, 0), 6); NaN stays NaN.
	ReLU6
	// Sigmoid is 1/(1+exp(-x)).
	Sigmoid
	// SiLU is x/(1+exp(-x)), also called swish (Elfwing et al. 2017,
	// https://arxiv.org/abs/1702.03118).
	SiLU
	// GELU is x*P(x) with the distribution function of the normal distribution,
	// P(x) = (1+erf(x/sqrt(2)))/2 (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415):
	// torch.nn.GELU. Minus infinity gives NaN, as there, and an infinite x a gradient of NaN.
	GELU
)

// acts is what is known of each activation.
var acts = [...]struct {
	name     string
	ofOutput bool // the gradient is computed from the output
	fused    bool // fused Specs may end with it
}{
	NoAct:   {name: "NoAct", fused: true},
	ReLU:    {name: "ReLU", ofOutput: true, fused: true},
	ReLU6:   {name: "ReLU6", ofOutput: true, fused: true},
	Sigmoid: {name: "Sigmoid", ofOutput: true},
	SiLU:    {name: "SiLU"},
	GELU:    {name: "GELU"},
}

// Acts lists the activations, the identity left out.
func Acts() []Act {
	var list []Act
	for a := NoAct + 1; int(a) < len(acts); a++ {
		list = append(list, a)
	}
	return list
}

// String is the activation's name, such as SiLU.
func (a Act) String() string {
	if int(a) >= len(acts) {
		return fmt.Sprintf("Act(%d)", a)
	}
	return acts[a].name
}

// OfOutput says whether the gradient is computed from the activation's output, so that the memory
// of its input can be taken over; otherwise it is computed from the input.
func (a Act) OfOutput() bool { return acts[a].ofOutput }

// Fused says whether a fused Spec may end with the activation.
func (a Act) Fused() bool { return int(a) < len(acts) && acts[a].fused }

// validateFused reports an activation that fused Specs do not know.
func (a Act) validateFused() error {
	if !a.Fused() {
		return fmt.Errorf("%v is not fused with what is before it", a)
	}
	return nil
}

// Curve is y = F(x) for each element of x (N,C,H,W).
type Curve struct {
	F Act
	X Shape4
}

// CurveBack is the gradient of a Curve: dx = dy*F'. Inputs: y where F.OfOutput, else x; dy. At a
// kink of F the gradient is zero.
type CurveBack struct {
	F Act
	X Shape4
}

// Kind is the activation's name.
func (s Curve) Kind() string { return s.F.String() }

// Kind is the activation's name with Back behind it.
func (s CurveBack) Kind() string { return s.F.String() + "Back" }

// Validate reports a function that is not an activation.
func (s Curve) Validate() error {
	if s.F == NoAct || int(s.F) >= len(acts) {
		return errors.New("curve: no activation")
	}
	return nil
}

// Validate reports a function that is not an activation.
func (s CurveBack) Validate() error { return Curve(s).Validate() }

// AddReLU is max(a+b, 0): an Add and a ReLU in one pass over memory.
type AddReLU struct{ X Shape4 }

// ReLUBackAdd is dx = dy1+dy2 where y > 0, else 0: the gradient of a ReLU and an Add in one pass
// over memory. Inputs: y, dy1, dy2.
type ReLUBackAdd struct{ X Shape4 }

func (s Curve) In() [][]int       { return [][]int{s.X.slice()} }
func (s Curve) Out() []int        { return s.X.slice() }
func (s CurveBack) In() [][]int   { return [][]int{s.X.slice(), s.X.slice()} }
func (s CurveBack) Out() []int    { return s.X.slice() }
func (s AddReLU) In() [][]int     { return [][]int{s.X.slice(), s.X.slice()} }
func (s AddReLU) Out() []int      { return s.X.slice() }
func (s ReLUBackAdd) In() [][]int { return [][]int{s.X.slice(), s.X.slice(), s.X.slice()} }
func (s ReLUBackAdd) Out() []int  { return s.X.slice() }
