package suite

import (
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var layerNorms = family{cases: layerNormCases, large: layerNormsOf(largeShape, 1e-6),
	suit: layerNormSuit, reference: layerNormReference, defined: layerNormDefined,
	properties: layerNormProperties}

func layerNormsOf(x kernel.Shape4, backEps float32) []kernel.Spec {
	norm := kernel.LayerNorm{X: x, Eps: 1e-6}
	return []kernel.Spec{norm, kernel.LayerNormBackParams{LayerNorm: norm},
		kernel.LayerNormBackData{LayerNorm: kernel.LayerNorm{X: x, Eps: backEps}}}
}

func layerNormCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, x := range activations {
		specs = append(specs, layerNormsOf(x, 1e-2)...)
	}
	return specs
}

func layerNormSuit(_ *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s.(type) {
	case kernel.LayerNorm, kernel.LayerNormBackParams, kernel.LayerNormBackData:
		for i := range in[0] {
			in[0][i] += 7
		}
	}
}

func layerNormReference(s kernel.Spec, in [][]float32) []float64 {
	value := func(input, i int) float64 { return float64(in[input][i]) }
	switch s := s.(type) {
	case kernel.LayerNorm:
		normal, _ := layerNormal(s, in[0])
		out := make([]float64, s.X.Size())
		each(s.X, func(i, _, c, _, _ int) { out[i] = normal[i]*value(1, c) + value(2, c) })
		return out
	case kernel.LayerNormBackParams:
		normal, _ := layerNormal(s.LayerNorm, in[0])
		sums := make([]float64, 2*s.X[1])
		each(s.X, func(i, _, c, _, _ int) {
			sums[c] += value(1, i) * normal[i]
			sums[s.X[1]+c] += value(1, i)
		})
		return sums
	case kernel.LayerNormBackData:
		normal, deviation := layerNormal(s.LayerNorm, in[0])
		out := make([]float64, s.X.Size())
		each(s.X, func(i, n, c, h, w int) { // the derivatives of all outputs of a position by this input
			for k := range s.X[1] {
				j := at(s.X, n, k, h, w)
				d := -(1 + normal[i]*normal[j]) / float64(s.X[1])
				if k == c {
					d++
				}
				out[i] += value(2, j) * value(1, k) * d
			}
			out[i] /= deviation[position(s.X, i)]
		})
		return out
	}
	return nil
}

// layerNormal gives (x-mean)/sqrt(var+Eps) of each element, and sqrt(var+Eps) of each position.
func layerNormal(s kernel.LayerNorm, x []float32) (normal, deviation []float64) {
	c := float64(s.X[1])
	mean := make([]float64, len(x)/s.X[1])
	deviation = make([]float64, len(mean))
	for i, v := range x {
		mean[position(s.X, i)] += float64(v) / c
	}
	for i, v := range x {
		deviation[position(s.X, i)] += math.Pow(float64(v)-mean[position(s.X, i)], 2) / c
	}
	for i, v := range deviation {
		deviation[i] = math.Sqrt(v + float64(s.Eps))
	}
	normal = Mapped(x, func(i int, v float64) float64 {
		return (v - mean[position(s.X, i)]) / deviation[position(s.X, i)]
	})
	return normal, deviation
}

var (
	pixel     = kernel.LayerNorm{X: kernel.Shape4{1, 5, 1, 1}, Eps: 1e-6}
	single    = kernel.LayerNorm{X: kernel.Shape4{1, 1, 1, 2}, Eps: 1e-6}
	twoPixels = kernel.LayerNorm{X: kernel.Shape4{1, 2, 1, 2}, Eps: 1e-6}
)

var layerNormDefined = []defined{
	{"equal channels normalise to the shift", pixel,
		[][]float32{{1e6, 1e6, 1e6, 1e6, 1e6}, {9, 9, 9, 9, 9}, {1, 2, 3, 4, 5}}, []float64{1, 2, 3, 4,
			5}},
	{"equal channels have a gradient",
		kernel.LayerNormBackData{LayerNorm: kernel.LayerNorm{X: pixel.X, Eps: 1}}, [][]float32{{7, 7, 7,
			7, 7}, {1, 1, 1, 1, 2}, {1, 2, 3, 4, 5}}, []float64{-3, -2, -1, 0, 6}},
	{"one channel normalises to the shift", single, [][]float32{{3, -8}, {9}, {2}}, []float64{2, 2}},
	{"one channel has no gradient", kernel.LayerNormBackData{LayerNorm: single},
		[][]float32{{3, -8}, {9}, {2, 5}}, []float64{0, 0}},
	{"NaN takes its position's channels", twoPixels, [][]float32{{nan, 1, 2, 1}, {1, 1}, {4, 5}},
		[]float64{math.NaN(), 4, math.NaN(), 5}},
}

func layerNormProperties() []Check {
	return []Check{{Name: "slope of LayerNorm", run: func(r *run) {
		rng := rand.New(rand.NewPCG(13, 14))
		norm, n := kernel.LayerNorm{X: smoothShape, Eps: 1e-3}, smoothShape[1]
		in, scale, shift := Random(rng, norm.X.Size()), Random(rng, n), Random(rng, n)
		dy := Random(rng, norm.X.Size())
		loss := func(in, scale, shift []float32) float64 {
			return dot(r.compute(norm, [][]float32{in, scale, shift}), dy)
		}
		params := r.compute(kernel.LayerNormBackParams{LayerNorm: norm}, [][]float32{in, dy})
		dx := r.compute(kernel.LayerNormBackData{LayerNorm: norm}, [][]float32{in, scale, dy})
		checkSlope(r, rng, in, dx, func(v []float32) float64 { return loss(v, scale, shift) })
		dScale, dShift := params[:n], params[n:]
		checkSlope(r, rng, scale, dScale, func(v []float32) float64 { return loss(in, v, shift) })
		checkSlope(r, rng, shift, dShift, func(v []float32) float64 { return loss(in, scale, v) })
	}}}
}

var responseNorms = family{cases: responseNormCases,
	large: responseNormsOf(kernel.LRN{X: largeShape, Size: 5, Alpha: .1, Beta: .75,
		K: 1}), reference: responseNormReference, properties: responseNormProperties}

func responseNormsOf(l kernel.LRN) []kernel.Spec { return []kernel.Spec{l, kernel.LRNBack{LRN: l}} }

func responseNormCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, x := range activations {
		for _, l := range []kernel.LRN{
			{X: x, Size: 5, Alpha: 1e-1, Beta: .75, K: 1}, {X: x, Size: 4, Alpha: .5, Beta: .6, K: 2},
			{X: x, Size: 1, Alpha: 1, Beta: .75, K: .5},
		} {
			specs = append(specs, responseNormsOf(l)...)
		}
	}
	return specs
}

func responseNormReference(s kernel.Spec, in [][]float32) []float64 {
	value := func(input, i int) float64 { return float64(in[input][i]) }
	switch s := s.(type) {
	case kernel.LRN:
		y := make([]float64, len(in[0]))
		eachEnergy(s, in[0],
			func(i int, energy float64, _ []int) { y[i] = value(0, i) * math.Pow(energy, -float64(s.Beta)) })
		return y
	case kernel.LRNBack:
		dx, beta, each := make([]float64, len(in[0])), float64(s.Beta), 2*float64(s.Alpha)/float64(s.Size)
		eachEnergy(s.LRN, in[0], func(i int, energy float64, window []int) {
			dx[i] += value(1, i) * math.Pow(energy, -beta)
			for _, j := range window {
				dx[j] -= value(1, i) * value(0, i) * beta * math.Pow(energy, -beta-1) * each * value(0, j)
			}
		})
		return dx
	}
	return nil
}

// eachEnergy gives each element its energy and the elements in it.
func eachEnergy(s kernel.LRN, x []float32, f func(i int, energy float64, window []int)) {
	each(s.X, func(i, n, c, h, w int) {
		var window []int
		energy := 0.0
		for k := c - s.Size/2; k < c-s.Size/2+s.Size; k++ {
			if k >= 0 && k < s.X[1] {
				j := at(s.X, n, k, h, w)
				window = append(window, j)
				energy += float64(x[j]) * float64(x[j])
			}
		}
		f(i, float64(s.K)+float64(s.Alpha)*energy/float64(s.Size), window)
	})
}

func responseNormProperties() []Check {
	lrn := kernel.LRN{X: smoothShape, Size: 5, Alpha: .5, Beta: .75, K: 1}
	return []Check{smooth{forward: lrn, back: kernel.LRNBack{LRN: lrn}}.check()}
}
