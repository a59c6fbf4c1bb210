package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/kernel"
)

var losses = family{cases: lossCases, large: lossesOf(64, 100), suit: lossSuit, reference: lossReference, defined: lossDefined, properties: lossProperties}

func lossesOf(n, k int) []kernel.Spec {
	specs := []kernel.Spec{kernel.TargetLoss{N: n, K: k}, kernel.TargetLossBack{N: n, K: k}, kernel.SigmoidLoss{N: n, K: k}, kernel.SigmoidLossBack{N: n, K: k}}
	for _, adversarial := range []bool{false, true} {
		if k > 1 || !adversarial {
			specs = append(specs, kernel.SoftmaxLoss{N: n, K: k, Adversarial: adversarial}, kernel.SoftmaxLossBack{N: n, K: k, Adversarial: adversarial})
		}
	}
	return specs
}

func lossCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, nk := range [][2]int{{1, 1}, {3, 1}, {1, 2}, {5, 16}, {33, 200}} {
		specs = append(specs, lossesOf(nk[0], nk[1])...)
	}
	return specs
}

func lossSuit(rng *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s := s.(type) {
	case kernel.SoftmaxLoss:
		randomLabels(rng, in[1], s.K)
	case kernel.SoftmaxLossBack:
		randomLabels(rng, in[1], s.K)
	case kernel.TargetLoss, kernel.TargetLossBack:
		positive(in[1])
	case kernel.SigmoidLoss, kernel.SigmoidLossBack:
		positive(in[1])
		positive(in[2])
	}
}

func lossReference(s kernel.Spec, in [][]float32) []float64 {
	value := func(input, i int) float64 { return float64(in[input][i]) }
	switch s := s.(type) {
	case kernel.SoftmaxLoss:
		return Reference(kernel.TargetLoss{N: s.N, K: s.K}, [][]float32{in[0], oneHot(s.N, s.K, s.Adversarial, in[1])})
	case kernel.SoftmaxLossBack:
		return Reference(kernel.TargetLossBack{N: s.N, K: s.K}, [][]float32{in[0], oneHot(s.N, s.K, s.Adversarial, in[1]), in[2]})
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

// oneHot are the targets of a softmax loss.
func oneHot(n, k int, adversarial bool, labels []float32) []float32 {
	t := make([]float32, n*k)
	for i := range t {
		hit := i%k == int(labels[i/k])
		switch {
		case adversarial && !hit:
			t[i] = float32(1 / float64(k-1) / float64(n))
		case !adversarial && hit:
			t[i] = float32(1 / float64(n))
		}
	}
	return t
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

var lossDefined = []defined{
	{"loss of large logits", kernel.SoftmaxLoss{N: 1, K: 2}, [][]float32{{1000, -1000}, {0}}, []float64{0}},
	{"loss of an impossible other class", kernel.SoftmaxLoss{N: 1, K: 2}, [][]float32{{1, -inf}, {0}}, []float64{0}},
	{"loss of a hit against the others", kernel.SoftmaxLoss{N: 1, K: 3, Adversarial: true}, [][]float32{{0, 0, 0}, {1}}, []float64{math.Log(3)}},
	{"one class", kernel.SoftmaxLossBack{N: 1, K: 1, Adversarial: true}, [][]float32{{3}, {0}, {2}}, []float64{2}},
}

func lossProperties(t *testing.T, c *conformance) {
	for _, label := range []float32{-1, 2, .5, nan, inf} {
		t.Run(fmt.Sprintf("label %g", label), func(t *testing.T) {
			in := [][]float32{{1, 2}, {label}, {1}}
			for _, adversarial := range []bool{false, true} {
				Close(t, c.compute(t, kernel.SoftmaxLoss{N: 1, K: 2, Adversarial: adversarial}, in[:2]), []float64{math.NaN()})
				Close(t, c.compute(t, kernel.SoftmaxLossBack{N: 1, K: 2, Adversarial: adversarial}, in), []float64{math.NaN(), math.NaN()})
			}
		})
	}
	const n, k = 5, 7
	rng := rand.New(rand.NewPCG(13, 14))
	logits, targets, other := Random(rng, n*k), Random(rng, n*k), Random(rng, n*k)
	positive(targets)
	positive(other)
	labels := []float32{0, 6, 3, 3, 1}
	for _, s := range []struct {
		forward, back kernel.Spec
		in            [][]float32
		g             float32
	}{
		{kernel.SoftmaxLoss{N: n, K: k}, kernel.SoftmaxLossBack{N: n, K: k}, [][]float32{labels}, 200},
		{kernel.SoftmaxLoss{N: n, K: k, Adversarial: true}, kernel.SoftmaxLossBack{N: n, K: k, Adversarial: true}, [][]float32{labels}, 200},
		{kernel.TargetLoss{N: n, K: k}, kernel.TargetLossBack{N: n, K: k}, [][]float32{targets}, 3},
		{kernel.SigmoidLoss{N: n, K: k}, kernel.SigmoidLossBack{N: n, K: k}, [][]float32{targets, other}, 3},
	} {
		t.Run(fmt.Sprintf("slope of %s%+v", kernel.Kind(s.forward), s.forward), func(t *testing.T) {
			of := func(v []float32) [][]float32 { return append([][]float32{v}, s.in...) }
			grad := c.compute(t, s.back, append(of(logits), []float32{s.g}))
			checkSlope(t, rng, logits, grad, func(v []float32) float64 {
				return float64(s.g) * float64(c.compute(t, s.forward, of(v))[0])
			})
		})
	}
}
