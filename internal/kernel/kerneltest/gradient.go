package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

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
func checkAdjoint(t *testing.T, y, dy, x, dx []float32, scale float64) {
	t.Helper()
	if left, right := dot(y, dy), dot(x, dx); math.Abs(left-right) > tolerance*scale {
		t.Errorf("<f(x),dy> = %g, <x,f'(dy)> = %g", left, right)
	}
}

// Central differences with this step are wrong by its square, and by the rounding of a float32
// loss divided by it.
const (
	slopeStep      = 1e-2
	slopeTolerance = 2e-3
)

// checkSlope holds a gradient at x to the slopes of a loss along random directions.
func checkSlope(t *testing.T, rng *rand.Rand, x, grad []float32, loss func([]float32) float64) {
	t.Helper()
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
			t.Errorf("slope %g, gradient says %g", slope, want)
		}
	}
}

// smooth is a Spec of one activation, which further inputs may follow, and its gradient.
type smooth struct {
	forward, back kernel.Spec
	more          [][]float32 // inputs behind x
	ofOutput      bool        // the gradient reads the output, not x
}

// checkSmooth holds the gradients of Specs on (2,24,4,5) to finite differences.
func (c *conformance) checkSmooth(t *testing.T, specs ...smooth) {
	rng := rand.New(rand.NewPCG(13, 14))
	for _, s := range specs {
		t.Run("slope of "+kernel.Kind(s.forward), func(t *testing.T) {
			n := smoothShape.Size()
			x, dy := Random(rng, n), Random(rng, n)
			of := func(v []float32) [][]float32 { return append([][]float32{v}, s.more...) }
			back := append(of(x), dy)
			if s.ofOutput {
				back[0] = c.compute(t, s.forward, of(x))
			}
			grad := c.compute(t, s.back, back)
			checkSlope(t, rng, x, grad,
				func(v []float32) float64 { return dot(c.compute(t, s.forward, of(v)), dy) })
		})
	}
}

// smoothShape is the activation of finite differences.
var smoothShape = kernel.Shape4{2, 24, 4, 5}
