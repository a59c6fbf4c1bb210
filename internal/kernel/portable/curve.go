package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// curve is the loops of an activation function. An output may be one of the inputs.
type curve struct {
	forward func(y, x []float32)
	// back computes dx from the activation's output or input, as kernel.Act.OfOutput says, and dy.
	back func(dx, at, dy []float32)
	// grain and backGrain are how many elements are worth waking a thread for.
	grain, backGrain int
}

// curveGrain is how many exponentials are worth waking a thread for.
const curveGrain = elementGrain / 8

// curveOf gives an activation's loops in the instruction set of the backend.
func (p *Backend) curveOf(a kernel.Act) curve {
	switch a {
	case kernel.ReLU:
		return curve{p.isa.vec.relu, p.isa.vec.reluBack, elementGrain, elementGrain}
	case kernel.ReLU6:
		direct := directLoopsOf(p.isa)
		return curve{direct.relu6, direct.relu6Back, elementGrain, elementGrain}
	case kernel.Sigmoid:
		return curve{sigmoidGo, sigmoidBackGo, curveGrain, elementGrain}
	case kernel.SiLU:
		return curve{siluGo, siluBackGo, curveGrain, curveGrain}
	case kernel.GELU:
		return curve{geluGo, geluBackGo, curveGrain, curveGrain}
	default: // the identity, which copies nothing where it works in place
		return curve{
			func(y, x []float32) { copy(y, x) }, func(dx, _, dy []float32) { copy(dx, dy) },
			elementGrain, elementGrain,
		}
	}
}

func (p *Backend) curve(s kernel.Curve, in []backend.Layout) *backend.Routine {
	var y, x []float32
	loops := p.curveOf(s.F)
	body := func(lo, hi int) { loops.forward(y[lo:hi], x[lo:hi]) }
	l, n := first(in, s.Out()), s.X.Size()
	return &backend.Routine{
		In: layouts{l}, Out: l, InPlace: 0,
		Run: func(out []float32, in [][]float32, _ []float32) {
			y, x = out[:n], in[0][:n]
			p.Parallel(n, loops.grain, body)
		},
	}
}

func (p *Backend) curveBack(s kernel.CurveBack, in []backend.Layout) *backend.Routine {
	var dx, at, dy []float32
	loops := p.curveOf(s.F)
	body := func(lo, hi int) { loops.back(dx[lo:hi], at[lo:hi], dy[lo:hi]) }
	l, n := first(in, s.Out()), s.X.Size()
	return &backend.Routine{
		In: layouts{l, l}, Out: l, InPlace: 1,
		Run: func(out []float32, in [][]float32, _ []float32) {
			dx, at, dy = out[:n], in[0][:n], in[1][:n]
			p.Parallel(n, loops.backGrain, body)
		},
	}
}

func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

func sigmoidGo(y, x []float32) {
	for i, v := range x {
		y[i] = float32(sigmoid(v))
	}
}

func sigmoidBackGo(dx, y, dy []float32) {
	for i, v := range y {
		dx[i] = dy[i] * v * (1 - v)
	}
}

func siluGo(y, x []float32) {
	for i, v := range x {
		y[i] = float32(float64(v) * sigmoid(v))
	}
}

func siluBackGo(dx, x, dy []float32) {
	for i, v := range x {
		a := sigmoid(v)
		dx[i] = float32(float64(dy[i]) * a * (1 + float64(v)*(1-a)))
	}
}

// gaussian is the distribution function of the normal distribution.
func gaussian(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

func geluGo(y, x []float32) {
	for i, v := range x {
		y[i] = float32(float64(v) * gaussian(float64(v)))
	}
}

func geluBackGo(dx, x, dy []float32) {
	const top = 1 / (math.Sqrt2 * math.SqrtPi) // 1/sqrt(2 pi), the density at 0
	for i, v := range x {
		v := float64(v)
		dx[i] = float32(float64(dy[i]) * (gaussian(v) + v*top*math.Exp(-v*v/2)))
	}
}
