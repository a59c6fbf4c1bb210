package suite

import (
	"fmt"
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var losses = family{cases: lossCases, large: lossesOf(64, 100), suit: lossSuit,
	reference: lossReference, defined: lossDefined, properties: lossProperties}

func lossesOf(n, k int) []kernel.Spec {
	return []kernel.Spec{
		kernel.TargetLoss{N: n, K: k}, kernel.TargetLossBack{N: n, K: k},
		kernel.SigmoidLoss{N: n, K: k}, kernel.SigmoidLossBack{N: n, K: k},
	}
}

func lossCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, nk := range [][2]int{{1, 1}, {3, 1}, {1, 2}, {5, 16}, {33, 200}} {
		specs = append(specs, lossesOf(nk[0], nk[1])...)
	}
	return specs
}

func lossSuit(rng *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s.(type) {
	case kernel.TargetLoss, kernel.TargetLossBack:
		Positive(in[1])
	case kernel.SigmoidLoss, kernel.SigmoidLossBack:
		Positive(in[1])
		Positive(in[2])
	}
}

func lossReference(s kernel.Spec, in [][]float32) []float64 {
	value := func(input, i int) float64 { return float64(in[input][i]) }
	switch s := s.(type) {
	case kernel.TargetLoss:
		return []float64{targetLoss(s.K, in, func(int, float64) {})}
	case kernel.TargetLossBack:
		dx := make([]float64, s.N*s.K)
		targetLoss(s.K, in, func(i int, d float64) { dx[i] = d * value(2, 0) })
		return dx
	case kernel.SigmoidLoss:
		sum := 0.0
		for i := range in[0] {
			sum -= value(1, i)*math.Log(logistic(value(0, i))) + value(2, i)*math.Log(logistic(-value(0, i)))
		}
		return []float64{sum}
	case kernel.SigmoidLossBack:
		return Mapped(in[0], func(i int, v float64) float64 {
			return (value(2, i)*logistic(v) - value(1, i)*logistic(-v)) * value(3, 0)
		})
	}
	return nil
}

// targetLoss is a TargetLoss and, by f, its derivatives.
func targetLoss(k int, in [][]float32, f func(i int, d float64)) float64 {
	loss := 0.0
	for n := 0; n < len(in[0]); n += k {
		sum, all := 0.0, 0.0
		for j := n; j < n+k; j++ {
			sum += math.Exp(float64(in[0][j]))
			all += float64(in[1][j])
		}
		for j := n; j < n+k; j++ {
			p := math.Exp(float64(in[0][j])) / sum
			loss -= float64(in[1][j]) * math.Log(p)
			f(j, p*all-float64(in[1][j]))
		}
	}
	return loss
}

var two, three = kernel.TargetLoss{N: 1, K: 2}, kernel.TargetLoss{N: 1, K: 3}

var lossDefined = []defined{
	{"loss of large logits", two, [][]float32{{1000, -1000}, {1, 0}}, []float64{0}},
	{"loss of an impossible other class", two, [][]float32{{1, -inf}, {1, 0}}, []float64{0}},
	{"gradient of an impossible other class", kernel.TargetLossBack(two),
		[][]float32{{1, -inf}, {1, 0}, {1}}, []float64{0, 0}},
	{"loss of a hit against the others", three, [][]float32{{0, 0, 0}, {.5, 0, .5}},
		[]float64{math.Log(3)}},
	{"loss without a target", two, [][]float32{{3, -inf}, {0, 0}}, []float64{0}},
	{"gradient without a target", kernel.TargetLossBack(two), [][]float32{{3, 1}, {0, 0}, {2}},
		[]float64{0, 0}},
	{"a target of NaN", two, [][]float32{{1, 2}, {nan, 0}}, []float64{math.NaN()}},
	{"gradient of a target of NaN", kernel.TargetLossBack(two), [][]float32{{1, 2}, {nan, 0}, {1}},
		[]float64{math.NaN(), math.NaN()}},
}

func lossProperties() []Check {
	const n, k, g = 5, 7, 3
	var list []Check
	for _, s := range []struct {
		forward, back kernel.Spec
		targets       int // how many inputs behind the logits
	}{
		{kernel.TargetLoss{N: n, K: k}, kernel.TargetLossBack{N: n, K: k}, 1},
		{kernel.SigmoidLoss{N: n, K: k}, kernel.SigmoidLossBack{N: n, K: k}, 2},
	} {
		name := fmt.Sprintf("slope of %s%+v", kernel.Kind(s.forward), s.forward)
		list = append(list, Check{Name: name, run: func(r *run) {
			rng := rand.New(rand.NewPCG(13, 14))
			logits := Random(rng, n*k)
			var targets [][]float32
			for range s.targets {
				x := Random(rng, n*k)
				Positive(x)
				targets = append(targets, x)
			}
			of := func(v []float32) [][]float32 { return append([][]float32{v}, targets...) }
			grad := r.compute(s.back, append(of(logits), []float32{g}))
			checkSlope(r, rng, logits, grad, func(v []float32) float64 {
				return g * float64(r.compute(s.forward, of(v))[0])
			})
		}})
	}
	return list
}
