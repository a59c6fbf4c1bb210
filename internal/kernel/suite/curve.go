package suite

import (
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var curves = family{cases: curveCases, large: curvesOf(largeShape), suit: curveSuit,
	reference: curveReference, defined: curveDefined, subnormal: curveSubnormal, properties: curveProperties}

func curvesOf(x kernel.Shape4) []kernel.Spec {
	specs := []kernel.Spec{kernel.AddReLU{X: x}, kernel.ReLUBackAdd{X: x}}
	for _, a := range kernel.Acts() {
		specs = append(specs, kernel.Curve{F: a, X: x}, kernel.CurveBack{F: a, X: x})
	}
	return specs
}

func curveCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, x := range activations {
		specs = append(specs, curvesOf(x)...)
	}
	return specs
}

// curveSuit spreads what an activation reads over its bends.
func curveSuit(_ *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s := s.(type) {
	case kernel.Curve:
		spread(in[0])
	case kernel.CurveBack:
		switch {
		case s.F == kernel.ReLU6: // outputs
			for i, v := range in[0] {
				in[0][i] = min(max(5*v, 0), 6)
			}
		case !s.F.OfOutput():
			spread(in[0])
		}
	}
}

func spread(x []float32) {
	for i := range x {
		x[i] *= 5
	}
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// residualOf is the last input, if it is a residual.
func residualOf(has bool, in [][]float32) []float32 {
	if !has {
		return nil
	}
	return in[len(in)-1]
}

// activated adds a residual, which may be nil, and applies an activation.
func activated(y []float64, residual []float32, a kernel.Act) []float64 {
	for i := range y {
		if residual != nil {
			y[i] += float64(residual[i])
		}
		y[i] = curveOf(a).f(y[i])
	}
	return y
}

// curveFunc is an activation and its derivative, as a function of the output or of the input.
type curveFunc struct{ f, slope func(v float64) float64 }

func curveOf(a kernel.Act) curveFunc {
	where := func(pass bool) float64 {
		if pass {
			return 1
		}
		return 0
	}
	switch a {
	case kernel.ReLU:
		return curveFunc{func(x float64) float64 { return max(x, 0) },
			func(y float64) float64 { return where(y > 0) }}
	case kernel.ReLU6:
		return curveFunc{func(x float64) float64 { return min(max(x, 0), 6) },
			func(y float64) float64 { return where(y > 0 && y < 6) }}
	case kernel.Sigmoid:
		return curveFunc{logistic, func(y float64) float64 { return y * (1 - y) }}
	case kernel.SiLU:
		return curveFunc{
			func(x float64) float64 { return x * logistic(x) },
			func(x float64) float64 { return logistic(x) + x*logistic(x)*logistic(-x) },
		}
	case kernel.GELU:
		return curveFunc{
			func(x float64) float64 { return x / 2 * (1 + math.Erf(x*math.Sqrt2/2)) },
			func(x float64) float64 {
				return (1+math.Erf(x*math.Sqrt2/2))/2 + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
			},
		}
	}
	return curveFunc{func(x float64) float64 { return x }, func(float64) float64 { return 1 }}
}

func curveReference(s kernel.Spec, in [][]float32) []float64 {
	switch s := s.(type) {
	case kernel.Curve:
		return Mapped(in[0], func(_ int, x float64) float64 { return curveOf(s.F).f(x) })
	case kernel.CurveBack:
		return Mapped(in[1], func(i int, dy float64) float64 {
			if slope := curveOf(s.F).slope(float64(in[0][i])); slope != 0 {
				return dy * slope
			}
			return 0 // of any dy
		})
	case kernel.AddReLU:
		return activated(Reference(kernel.Add{Dims: 4, Shape: s.X}, in), nil, kernel.ReLU)
	case kernel.ReLUBackAdd:
		sum := rounded(Reference(kernel.Add{Dims: 4, Shape: s.X}, in[1:]))
		return Reference(kernel.CurveBack{F: kernel.ReLU, X: s.X}, [][]float32{in[0], sum})
	}
	return nil
}

var row = kernel.Shape4{1, 1, 1, 5}

var curveDefined = []defined{
	{"relu keeps NaN", kernel.Curve{F: kernel.ReLU, X: row}, [][]float32{{-1, nan, -inf, inf, 2}},
		[]float64{0, math.NaN(), 0, math.Inf(1), 2}},
	{"relu's gradient is zero at zero and at NaN", kernel.CurveBack{F: kernel.ReLU, X: row},
		[][]float32{{0, nan, 1e-30, inf, -1}, {1, 2, 3, 4, nan}}, []float64{0, 0, 3, 4, 0}},
	{"gelu far from zero", kernel.Curve{F: kernel.GELU, X: row},
		[][]float32{{30, -huge, inf, -inf, nan}}, []float64{30, 0, math.Inf(1), math.NaN(), math.NaN()}},
	{"gelu's gradient far from zero", kernel.CurveBack{F: kernel.GELU, X: row},
		[][]float32{{huge, -huge, inf, -inf, nan}, {1, 1, 1, 1, 1}}, []float64{1, 0, math.NaN(),
			math.NaN(), math.NaN()}},
}

var curveSubnormal = []defined{
	{"relu passes the gradient of a subnormal output", kernel.CurveBack{F: kernel.ReLU, X: row},
		[][]float32{{1e-40, 0, 1, 1, 1}, {1, 2, 3, 4, 5}}, []float64{1, 0, 3, 4, 5}},
}

func curveProperties() []Check {
	list := []Check{
		{Name: "gelu keeps its digits", run: checkGELU},
		{Name: "activations keep NaN", run: checkNaN},
		{Name: "adjoint of ReLU", run: func(r *run) {
			rng, s := rand.New(rand.NewPCG(11, 12)), kernel.Shape4{2, 24, 5, 7}
			x, dy := Random(rng, s.Size()), Random(rng, s.Size())
			y := r.compute(kernel.Curve{F: kernel.ReLU, X: s}, [][]float32{x})
			dx := r.compute(kernel.CurveBack{F: kernel.ReLU, X: s}, [][]float32{y, dy})
			checkAdjoint(r, y, dy, x, dx, norm2(x)*norm2(dy))
		}},
	}
	x := smoothShape
	for _, a := range []kernel.Act{kernel.Sigmoid, kernel.SiLU, kernel.GELU} {
		list = append(list, smooth{
			forward: kernel.Curve{F: a, X: x}, back: kernel.CurveBack{F: a, X: x},
			ofOutput: a.OfOutput(),
		}.check())
	}
	return list
}

// checkGELU holds each value to the true one, however small: (1+erf)/2 in float32 has no digit left
// where x is -6.
func checkGELU(r *run) {
	x := kernel.Shape4{1, 7, 11, 241}
	in := make([]float32, x.Size())
	for i := range in {
		in[i] = -13 + 20*float32(i)/float32(len(in))
	}
	for i, got := range r.compute(kernel.Curve{F: kernel.GELU, X: x}, [][]float32{in}) {
		v := float64(in[i])
		relative := 1e-6 + 1e-7*v*v // e^(-x*x/2) multiplies the rounding of its exponent
		want := v / 2 * math.Erfc(-v/math.Sqrt2)
		if math.Abs(float64(got)-want) > relative*math.Abs(want)+1e-37 {
			r.errorf("gelu of %g is %g, want %g", v, got, want)
			return
		}
	}
}

// checkNaN has a NaN among whole vectors of values, and one behind them.
func checkNaN(r *run) {
	x := kernel.Shape4{1, 2, 1, 9}
	in := make([]float32, x.Size())
	in[3], in[17] = nan, nan
	for _, a := range kernel.Acts() {
		s := kernel.Curve{F: a, X: x}
		if y := r.compute(s, [][]float32{in}); y[3] == y[3] || y[17] == y[17] || y[0] != y[0] {
			r.errorf("%s of NaN: %v", kernel.Kind(s), y)
		}
	}
}
