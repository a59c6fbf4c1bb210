package suite

import (
	"fmt"
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var norms = family{cases: normCases, large: normsOf(largeShape, 1e-5, kernel.ReLU), suit: normSuit,
	reference: normReference, properties: normProperties}

func normsOf(x kernel.Shape4, eps float32, a kernel.Act) []kernel.Spec {
	norm := kernel.Norm{X: x, Eps: eps}
	params, data := kernel.NormBackParams(norm), kernel.NormBackData{X: x, Eps: eps}
	frozen := kernel.NormBackData{X: x, Eps: eps, Frozen: true}
	return []kernel.Spec{
		kernel.NormStats{X: x}, norm, params, data, frozen,
		kernel.NormAct{Norm: norm, Act: a}, kernel.NormAct{Norm: norm, Residual: true, Act: a},
		kernel.NormActBackParams{NormBackParams: params, Act: a},
		kernel.NormActBackData{NormBackData: data, Act: a},
		kernel.NormActBackData{NormBackData: frozen, Act: a},
	}
}

func normCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, x := range activations {
		norm := kernel.Norm{X: x, Eps: 1e-5}
		specs = append(specs, normsOf(x, 1e-5, kernel.ReLU)...)
		specs = append(specs, normsOf(x, 1e-5, kernel.ReLU6)[5:]...)
		specs = append(specs, kernel.NormAct{Norm: norm}, kernel.NormAct{Norm: norm, Residual: true})
	}
	return specs
}

func normSuit(_ *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s.(type) {
	case kernel.Norm, kernel.NormBackParams, kernel.NormBackData,
		kernel.NormAct, kernel.NormActBackParams, kernel.NormActBackData:
		Positive(in[1][len(in[1])/2:])
	}
}

func normReference(s kernel.Spec, in [][]float32) []float64 {
	value := func(input, i int) float64 { return float64(in[input][i]) }
	switch s := s.(type) {
	case kernel.NormStats:
		c, out := s.X[1], make([]float64, 2*s.X[1])
		m := float64(s.X.Size() / c)
		each(s.X, func(i, _, j, _, _ int) { out[j] += value(0, i) / m })
		each(s.X, func(i, _, j, _, _ int) {
			out[c+j] += (value(0, i) - out[j]) * (value(0, i) - out[j]) / m
		})
		return out
	case kernel.Norm:
		out, normal, _ := normalised(s.X, s.Eps, in)
		each(s.X, func(i, _, j, _, _ int) { out[i] = normal[i]*value(2, j) + value(3, j) })
		return out
	case kernel.NormBackParams:
		c, out := s.X[1], make([]float64, 2*s.X[1])
		_, normal, _ := normalised(s.X, s.Eps, in)
		each(s.X, func(i, _, j, _, _ int) {
			out[j] += value(2, i) * normal[i]
			out[c+j] += value(2, i)
		})
		return out
	case kernel.NormBackData:
		c := s.X[1]
		m := float64(s.X.Size() / c)
		out, normal, inv := normalised(s.X, s.Eps, in)
		each(s.X, func(i, _, j, _, _ int) {
			out[i] = value(4, i)
			if !s.Frozen {
				out[i] -= value(3, c+j)/m + normal[i]*value(3, j)/m
			}
			out[i] *= value(2, j) * inv[j]
		})
		return out
	case kernel.NormAct:
		return activated(Reference(s.Norm, in), residualOf(s.Residual, in), s.Act)
	case kernel.NormActBackParams:
		return Reference(s.NormBackParams,
			[][]float32{in[0], in[1], passed(s.Act, kernel.Norm(s.NormBackParams), in)})
	case kernel.NormActBackData:
		return Reference(s.NormBackData,
			[][]float32{in[0], in[1], in[2], in[4], passed(s.Act, kernel.Norm{X: s.X, Eps: s.Eps}, in)})
	}
	return nil
}

// normalised gives room for a result, (x-mean)/sqrt(var+eps) of each element, and
// 1/sqrt(var+eps) of each channel, from x and statistics.
func normalised(x kernel.Shape4, eps float32, in [][]float32) (out, normal, inv []float64) {
	out, normal, inv = make([]float64, x.Size()), make([]float64, x.Size()), make([]float64, x[1])
	for j := range inv {
		inv[j] = 1 / math.Sqrt(float64(in[1][x[1]+j])+float64(eps))
	}
	each(x, func(i, _, j, _, _ int) { normal[i] = (float64(in[0][i]) - float64(in[1][j])) * inv[j] })
	return out, normal, inv
}

// passed is dy, the last input, where the activation of the normalised x passes it.
func passed(a kernel.Act, s kernel.Norm, in [][]float32) []float32 {
	back := kernel.CurveBack{F: a, X: s.X}
	return rounded(Reference(back, [][]float32{rounded(Reference(s, in[:4])), in[len(in)-1]}))
}

func normProperties() []Check {
	list := []Check{{Name: "variance beside a large mean", run: checkVariance}}
	for _, frozen := range []bool{false, true} {
		list = append(list, Check{
			Name: fmt.Sprintf("slope of Norm, frozen %v", frozen),
			run:  func(r *run) { checkNormSlope(r, frozen) },
		})
	}
	return list
}

// checkNormSlope checks the gradients of a batch norm, whose statistics may be constant.
func checkNormSlope(r *run, frozen bool) {
	rng, x := rand.New(rand.NewPCG(13, 14)), smoothShape
	norm, n := kernel.Norm{X: x, Eps: 1e-3}, x[1]
	in, scale, shift := Random(rng, x.Size()), Random(rng, n), Random(rng, n)
	dy := Random(rng, x.Size())
	constant := r.compute(kernel.NormStats{X: x}, [][]float32{in})
	loss := func(in, scale, shift []float32) float64 {
		stats := constant
		if !frozen {
			stats = r.compute(kernel.NormStats{X: x}, [][]float32{in})
		}
		return dot(r.compute(norm, [][]float32{in, stats, scale, shift}), dy)
	}
	params := r.compute(kernel.NormBackParams(norm), [][]float32{in, constant, dy})
	back := kernel.NormBackData{X: x, Eps: norm.Eps, Frozen: frozen}
	dx := r.compute(back, [][]float32{in, constant, scale, params, dy})
	checkSlope(r, rng, in, dx, func(v []float32) float64 { return loss(v, scale, shift) })
	checkSlope(r, rng, scale, params[:n], func(v []float32) float64 { return loss(in, v, shift) })
	checkSlope(r, rng, shift, params[n:], func(v []float32) float64 { return loss(in, scale, v) })
}

// checkVariance uses channels whose mean is 4096 times their deviation: the naive E[x^2]-E[x]^2 has
// no digit of it left in float32.
func checkVariance(r *run) {
	s := kernel.NormStats{X: kernel.Shape4{3, 16, 20, 20}}
	in := Random(rand.New(rand.NewPCG(3, 4)), s.X.Size())
	for i := range in {
		in[i] += 4096
	}
	got, want := r.compute(s, [][]float32{in}), Reference(s, [][]float32{in})
	r.close(got[:16], want[:16])
	const rounding = 1e-3 // of x itself, to 1/2048 beside a deviation of 1
	for i := 16; i < 32; i++ {
		if math.Abs(float64(got[i])-want[i]) > rounding*want[i] {
			r.errorf("variance of channel %d is %g, want %g", i-16, got[i], want[i])
		}
	}
}
