package portable

import (
	"math"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }

// gaussian is the normal distribution up to x.
func gaussian(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }

// curveGrain is how many exponentials are worth a thread's waking.
const curveGrain = elementGrain / 8

// unary is a step of one input that f turns into the output, wherever it lies.
func (p *Backend) unary(x kernel.Shape4, in []backend.Layout, grain int, f func(y, x []float32)) *backend.Routine {
	var dst, src []float32
	body := func(lo, hi int) { f(dst[lo:hi], src[lo:hi]) }
	l, n := first(in, x[:]), x.Size()
	return &backend.Routine{In: []backend.Layout{l}, Out: l, InPlace: 0, Run: func(out []float32, in [][]float32, _ []float32) {
		dst, src = out[:n], in[0][:n]
		p.Parallel(n, grain, body)
	}}
}

// unaryBack is a step of the gradient of such a one: from x or y and dy, in place of dy.
func (p *Backend) unaryBack(x kernel.Shape4, in []backend.Layout, grain int, f func(dx, at, dy []float32)) *backend.Routine {
	var dst, at, dy []float32
	body := func(lo, hi int) { f(dst[lo:hi], at[lo:hi], dy[lo:hi]) }
	l, n := first(in, x[:]), x.Size()
	return &backend.Routine{In: []backend.Layout{l, l}, Out: l, InPlace: 1, Run: func(out []float32, in [][]float32, _ []float32) {
		dst, at, dy = out[:n], in[0][:n], in[1][:n]
		p.Parallel(n, grain, body)
	}}
}

func (p *Backend) relu6(s kernel.ReLU6, in []backend.Layout) *backend.Routine {
	return p.unary(s.X, in, elementGrain, directLoopsOf(p.isa).relu6)
}

func (p *Backend) relu6Back(s kernel.ReLU6Back, in []backend.Layout) *backend.Routine {
	return p.unaryBack(s.X, in, elementGrain, directLoopsOf(p.isa).relu6Back)
}

func (p *Backend) sigmoid(s kernel.Sigmoid, in []backend.Layout) *backend.Routine {
	return p.unary(s.X, in, curveGrain, func(y, x []float32) {
		for i, v := range x {
			y[i] = float32(sigmoid(v))
		}
	})
}

func (p *Backend) sigmoidBack(s kernel.SigmoidBack, in []backend.Layout) *backend.Routine {
	return p.unaryBack(s.X, in, elementGrain, func(dx, y, dy []float32) {
		for i, v := range y {
			dx[i] = dy[i] * v * (1 - v)
		}
	})
}

func (p *Backend) silu(s kernel.SiLU, in []backend.Layout) *backend.Routine {
	return p.unary(s.X, in, curveGrain, func(y, x []float32) {
		for i, v := range x {
			y[i] = float32(float64(v) * sigmoid(v))
		}
	})
}

func (p *Backend) siluBack(s kernel.SiLUBack, in []backend.Layout) *backend.Routine {
	return p.unaryBack(s.X, in, curveGrain, func(dx, x, dy []float32) {
		for i, v := range x {
			a := sigmoid(v)
			dx[i] = float32(float64(dy[i]) * a * (1 + float64(v)*(1-a)))
		}
	})
}

func (p *Backend) gelu(s kernel.GELU, in []backend.Layout) *backend.Routine {
	return p.unary(s.X, in, curveGrain, func(y, x []float32) {
		for i, v := range x {
			y[i] = float32(float64(v) * gaussian(float64(v)))
		}
	})
}

func (p *Backend) geluBack(s kernel.GELUBack, in []backend.Layout) *backend.Routine {
	const top = 1 / (math.Sqrt2 * math.SqrtPi) // 1/sqrt(2 pi), the density's at 0
	return p.unaryBack(s.X, in, curveGrain, func(dx, x, dy []float32) {
		for i, v := range x {
			v := float64(v)
			dx[i] = float32(float64(dy[i]) * (gaussian(v) + v*top*math.Exp(-v*v/2)))
		}
	})
}
