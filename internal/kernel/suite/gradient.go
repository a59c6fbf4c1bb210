package suite

import (
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

func dot[T, U float32 | float64](a []T, b []U) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

func norm2(x []float32) float64 { return math.Sqrt(dot(x, x)) }

// checkAdjoint checks a backward computation by the identity <f(x),dy> = <x,f'(dy)>, which holds
// for all that is linear in x, or piecewise so and zero at zero. scale is what rounding is
// relative to.
func checkAdjoint(r *run, y, dy, x, dx []float32, scale float64) {
	if left, right := dot(y, dy), dot(x, dx); math.Abs(left-right) > tolerance*scale {
		r.errorf("<f(x),dy> = %g, <x,f'(dy)> = %g", left, right)
	}
}

// Central differences with this step are wrong by its square, and by the rounding of a float32
// loss divided by it.
const (
	slopeStep      = 1e-2
	slopeTolerance = 2e-3
)

// checkSlope holds a gradient at x to the slopes of a loss along random directions.
func checkSlope(r *run, rng *rand.Rand, x, grad []float32, loss func([]float32) float64) {
	for range 3 {
		along := Random(rng, len(x))
		moved := func(by float32) []float32 {
			y := make([]float32, len(x))
			for i := range y {
				y[i] = x[i] + by*along[i]
			}
			return y
		}
		slope := (loss(moved(slopeStep)) - loss(moved(-slopeStep))) / (2 * slopeStep)
		allowed := slopeTolerance * (math.Sqrt(dot(grad, grad)*dot(along, along))/4 + 1)
		if want := dot(grad, along); math.Abs(slope-want) > allowed {
			r.errorf("slope %g, gradient says %g", slope, want)
		}
	}
}

// smooth is a Spec of one activation, which further inputs may follow, and its gradient.
type smooth struct {
	forward, back kernel.Spec
	more          [][]float32 // inputs behind x
	ofOutput      bool        // the gradient reads the output, not x
}

// check holds the gradient of a Spec on (2,24,4,5) to finite differences.
func (s smooth) check() Check {
	return Check{Name: "slope of " + kernel.Kind(s.forward), run: func(r *run) {
		rng := rand.New(rand.NewPCG(13, 14))
		n := smoothShape.Size()
		x, dy := Random(rng, n), Random(rng, n)
		of := func(v []float32) [][]float32 { return append([][]float32{v}, s.more...) }
		back := append(of(x), dy)
		if s.ofOutput {
			back[0] = r.compute(s.forward, of(x))
		}
		grad := r.compute(s.back, back)
		checkSlope(r, rng, x, grad,
			func(v []float32) float64 { return dot(r.compute(s.forward, of(v)), dy) })
	}}
}

// smoothShape is the activation of finite differences.
var smoothShape = kernel.Shape4{2, 24, 4, 5}
