package kernel

import "math"

// ReLU6 is y = min(max(x, 0), 6); NaN stays NaN.
type ReLU6 struct{ X Shape4 }

// ReLU6Back is dx = dy where 0 < y < 6, else 0: inputs y, dy.
type ReLU6Back struct{ X Shape4 }

// Sigmoid is y = 1/(1+exp(-x)).
type Sigmoid struct{ X Shape4 }

// SigmoidBack is dx = dy*y*(1-y): inputs y, dy.
type SigmoidBack struct{ X Shape4 }

// SiLU is y = x/(1+exp(-x)) (Elfwing et al. 2017, arXiv 1702.03118; also swish).
type SiLU struct{ X Shape4 }

// SiLUBack is its gradient: inputs x, dy.
type SiLUBack struct{ X Shape4 }

// GELU is y = x*P(x), P(x) = (1+erf(x/sqrt(2)))/2 the normal distribution's (Hendrycks and Gimpel
// 2016, arXiv 1606.08415), torch.nn.GELU. Minus infinity gives NaN, as there.
type GELU struct{ X Shape4 }

// GELUBack is its gradient, dx = dy*(P(x) + x*P'(x)): inputs x, dy. An infinite x gives NaN.
type GELUBack struct{ X Shape4 }

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

func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

// gaussian is the normal distribution up to x.
func gaussian(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// curveGrain is how many exponentials are worth a thread's waking.
const curveGrain = elementGrain / 8

// unary is a step of one input that f turns into the output, wherever it lies.
func (p *Portable) unary(x Shape4, in []Layout, grain int, f func(y, x []float32)) *Step {
	var dst, src []float32
	body := func(lo, hi int) { f(dst[lo:hi], src[lo:hi]) }
	l, n := first(in, x.slice()), x.Size()
	return &Step{In: []Layout{l}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		dst, src = out[:n], in[0][:n]
		p.Parallel(n, grain, body)
	}}
}

// unaryBack is a step of the gradient of such a one: from x or y and dy, in place of dy.
func (p *Portable) unaryBack(x Shape4, in []Layout, grain int, f func(dx, at, dy []float32)) *Step {
	var dst, at, dy []float32
	body := func(lo, hi int) { f(dst[lo:hi], at[lo:hi], dy[lo:hi]) }
	l, n := first(in, x.slice()), x.Size()
	return &Step{In: []Layout{l, l}, Out: l, InPlace: 1, Run: func(out []float32, in [][]float32, _ []float32) {
		dst, at, dy = out[:n], in[0][:n], in[1][:n]
		p.Parallel(n, grain, body)
	}}
}

func (p *Portable) relu6(s ReLU6, in []Layout) *Step {
	return p.unary(s.X, in, elementGrain, directLoopsOf(p.isa).relu6)
}

func (p *Portable) relu6Back(s ReLU6Back, in []Layout) *Step {
	return p.unaryBack(s.X, in, elementGrain, directLoopsOf(p.isa).relu6Back)
}

func (p *Portable) sigmoid(s Sigmoid, in []Layout) *Step {
	return p.unary(s.X, in, curveGrain, func(y, x []float32) {
		for i, v := range x {
			y[i] = float32(sigmoid(v))
		}
	})
}

func (p *Portable) sigmoidBack(s SigmoidBack, in []Layout) *Step {
	return p.unaryBack(s.X, in, elementGrain, func(dx, y, dy []float32) {
		for i, v := range y {
			dx[i] = dy[i] * v * (1 - v)
		}
	})
}

func (p *Portable) silu(s SiLU, in []Layout) *Step {
	return p.unary(s.X, in, curveGrain, func(y, x []float32) {
		for i, v := range x {
			y[i] = float32(float64(v) * sigmoid(v))
		}
	})
}

func (p *Portable) siluBack(s SiLUBack, in []Layout) *Step {
	return p.unaryBack(s.X, in, curveGrain, func(dx, x, dy []float32) {
		for i, v := range x {
			a := sigmoid(v)
			dx[i] = float32(float64(dy[i]) * a * (1 + float64(v)*(1-a)))
		}
	})
}

func (p *Portable) gelu(s GELU, in []Layout) *Step {
	return p.unary(s.X, in, curveGrain, func(y, x []float32) {
		for i, v := range x {
			y[i] = float32(float64(v) * gaussian(float64(v)))
		}
	})
}

func (p *Portable) geluBack(s GELUBack, in []Layout) *Step {
	const top = 1 / (math.Sqrt2 * math.SqrtPi) // 1/sqrt(2 pi), the density's at 0
	return p.unaryBack(s.X, in, curveGrain, func(dx, x, dy []float32) {
		for i, v := range x {
			v := float64(v)
			dx[i] = float32(float64(dy[i]) * (gaussian(v) + v*top*math.Exp(-v*v/2)))
		}
	})
}
