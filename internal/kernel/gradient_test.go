package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func dot[T, U float32 | float64](a []T, b []U) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v) * float64(b[i])
	}
	return sum
}

// checkRandomConvs goes through geometries that nobody chose.
func checkRandomConvs(t *testing.T, b Backend) {
	rng := rand.New(rand.NewPCG(9, 10))
	for range 40 {
		g := randomGeom(rng)
		for _, s := range []Spec{Conv{g, true}, ConvBackData{g}, ConvBackWeights{g}} {
			t.Run(fmt.Sprintf("%T%+v", s, g), func(t *testing.T) {
				c := randomCase(s)
				checkClose(t, compute(t, b, s, c.in), c.want)
			})
		}
	}
}

func randomGeom(rng *rand.Rand) ConvGeom {
	for {
		groups := 1 + rng.IntN(8)/6*rng.IntN(4)
		g := ConvGeom{
			N: 1 + rng.IntN(3), C: groups * (1 + rng.IntN(20)), H: 1 + rng.IntN(12), W: 1 + rng.IntN(12),
			O: groups * (1 + rng.IntN(40)), KH: 1 + rng.IntN(4), KW: 1 + rng.IntN(4),
			StrideH: 1 + rng.IntN(3), StrideW: 1 + rng.IntN(3), PadH: rng.IntN(5), PadW: rng.IntN(5),
			DilH: 1 + rng.IntN(2), DilW: 1 + rng.IntN(3), Groups: groups,
		}
		if g.Validate() == nil {
			return g
		}
	}
}

// checkAdjoints checks backward steps by the identity <f(x), dy> = <x, f'(dy)>, which
// holds for all that is linear in x, or piecewise so and zero at zero.
func checkAdjoints(t *testing.T, b Backend) {
	rng := rand.New(rand.NewPCG(11, 12))
	same := func(name string, left, right, scale float64) {
		t.Helper()
		if math.Abs(left-right) > tolerance*scale {
			t.Errorf("%s: <f(x),dy> = %g, <x,f'(dy)> = %g", name, left, right)
		}
	}
	for _, g := range convGeoms() {
		x, w, dy := random(rng, g.X().Size()), random(rng, g.Weights().Size()), random(rng, g.Y().Size())
		y := compute(t, b, Conv{g, false}, [][]float32{x, w})
		norm := math.Sqrt(dot(y, y)*dot(dy, dy)) + 1
		same(fmt.Sprintf("data %+v", g), dot(y, dy), dot(x, compute(t, b, ConvBackData{g}, [][]float32{w, dy})), norm)
		same(fmt.Sprintf("weights %+v", g), dot(y, dy), dot(w, compute(t, b, ConvBackWeights{g}, [][]float32{x, dy})), norm)
	}
	for _, g := range poolGeoms() {
		x, dy := random(rng, Shape4{g.N, g.C, g.H, g.W}.Size()), random(rng, Shape4{g.N, g.C, g.OH, g.OW}.Size())
		norm := math.Sqrt(dot(x, x)*dot(dy, dy)) + 1
		y := compute(t, b, MaxPool{g}, [][]float32{x})
		same(fmt.Sprintf("maximum %+v", g), dot(y, dy), dot(x, compute(t, b, MaxPoolBack{g}, [][]float32{x, dy})), norm)
		y = compute(t, b, AvgPool{g}, [][]float32{x})
		same(fmt.Sprintf("average %+v", g), dot(y, dy), dot(x, compute(t, b, AvgPoolBack{g}, [][]float32{dy})), norm)
	}
	s := Shape4{2, 24, 5, 7}
	x, dy, pooled := random(rng, s.Size()), random(rng, s.Size()), random(rng, s[0]*s[1])
	norm := math.Sqrt(dot(x, x) * dot(dy, dy))
	y := compute(t, b, ReLU{s}, [][]float32{x})
	same("relu", dot(y, dy), dot(x, compute(t, b, ReLUBack{s}, [][]float32{y, dy})), norm)
	y = compute(t, b, GlobalAvgPool{s}, [][]float32{x})
	same("global average", dot(y, pooled), dot(x, compute(t, b, GlobalAvgPoolBack{s}, [][]float32{pooled})), norm)
}

// Central differences with this step are wrong by its square, and by the rounding of a
// float32 loss divided by it.
const (
	step          = 1e-2
	stepTolerance = 2e-3
)

// checkDifferences checks the gradients of what is not linear along random directions.
func checkDifferences(t *testing.T, b Backend) {
	rng := rand.New(rand.NewPCG(13, 14))
	x := Shape4{2, 24, 4, 5}
	c := x[1]
	for _, frozen := range []bool{false, true} {
		in, scale, shift, dy := random(rng, x.Size()), random(rng, c), random(rng, c), random(rng, x.Size())
		constant := compute(t, b, NormStats{x}, [][]float32{in})
		loss := func(in, scale, shift []float32) float64 {
			stats := constant
			if !frozen {
				stats = compute(t, b, NormStats{x}, [][]float32{in})
			}
			return dot(compute(t, b, Norm{x, 1e-3}, [][]float32{in, stats, scale, shift}), dy)
		}
		params := compute(t, b, NormBackParams{x, 1e-3}, [][]float32{in, constant, dy})
		dx := compute(t, b, NormBackData{x, 1e-3, frozen}, [][]float32{in, constant, scale, params, dy})
		checkSlope(t, rng, fmt.Sprintf("x, frozen %v", frozen), in, dx, func(v []float32) float64 { return loss(v, scale, shift) })
		checkSlope(t, rng, "scale", scale, params[:c], func(v []float32) float64 { return loss(in, v, shift) })
		checkSlope(t, rng, "shift", shift, params[c:], func(v []float32) float64 { return loss(in, scale, v) })
	}
	checkMoreDifferences(t, b, rng)
	for _, adversarial := range []bool{false, true} {
		logits, labels, g := random(rng, 5*7), []float32{0, 6, 3, 3, 1}, []float32{200}
		grad := compute(t, b, SoftmaxLossBack{5, 7, adversarial}, [][]float32{logits, labels, g})
		checkSlope(t, rng, fmt.Sprintf("logits, adversarial %v", adversarial), logits, grad, func(v []float32) float64 {
			return 200 * float64(compute(t, b, SoftmaxLoss{5, 7, adversarial}, [][]float32{v, labels})[0])
		})
	}
}

func checkSlope(t *testing.T, rng *rand.Rand, name string, x, grad []float32, loss func([]float32) float64) {
	t.Helper()
	for range 3 {
		along := random(rng, len(x))
		moved := func(by float32) []float32 {
			y := make([]float32, len(x))
			for i := range y {
				y[i] = x[i] + by*along[i]
			}
			return y
		}
		slope := (loss(moved(step)) - loss(moved(-step))) / (2 * step)
		if want := dot(grad, along); math.Abs(slope-want) > stepTolerance*(math.Sqrt(dot(grad, grad)*dot(along, along))/4+1) {
			t.Errorf("%s: slope %g, gradient says %g", name, slope, want)
		}
	}
}
