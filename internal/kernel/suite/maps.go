package suite

import (
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var maps = family{cases: mapCases, large: []kernel.Spec{
	kernel.ClassMap{Maps: largeShape}, kernel.LabelMaps{Maps: largeShape},
	kernel.Erase{X: largeShape, Delta: .1, Cmp: kernel.Greater},
}, suit: mapSuit, reference: mapReference, defined: mapDefined}

func mapCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, x := range activations {
		specs = append(specs, kernel.ClassMap{Maps: x}, kernel.LabelMaps{Maps: x},
			kernel.Erase{X: x, Delta: .3, Cmp: kernel.Greater},
			kernel.Erase{X: x, Delta: .3, Cmp: kernel.GreaterEqual})
	}
	return specs
}

func randomLabels(rng *rand.Rand, labels []float32, k int) {
	for i := range labels {
		labels[i] = float32(rng.IntN(k))
	}
}

func mapSuit(rng *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s := s.(type) {
	case kernel.ClassMap:
		randomLabels(rng, in[1], s.Maps[1])
	case kernel.LabelMaps:
		choose(rng, in[1])
	}
}

func mapReference(s kernel.Spec, in [][]float32) []float64 {
	out := make([]float64, kernel.Elements(s.Out()))
	switch s := s.(type) {
	case kernel.ClassMap:
		hw := s.Maps[2] * s.Maps[3]
		for n := range s.Maps[0] {
			copy(out[n*hw:], unitMap(in[0][at(s.Maps, n, int(in[1][n]), 0, 0):][:hw]))
		}
	case kernel.LabelMaps:
		k, hw := s.Maps[1], s.Maps[2]*s.Maps[3]
		for nc, t := range in[1] {
			for i, v := range unitMap(in[0][nc*hw:][:hw]) {
				if t > 0 {
					out[nc/k*hw+i] = math.Max(out[nc/k*hw+i], v)
				}
			}
		}
	case kernel.Erase:
		each(s.X, func(i, n, c, h, w int) {
			m := in[1][at(kernel.Shape4{s.X[0], 1, s.X[2], s.X[3]}, n, 0, h, w)]
			if !(m > s.Delta || s.Cmp == kernel.GreaterEqual && m == s.Delta) {
				out[i] = float64(in[0][i])
			}
		})
	default:
		return nil
	}
	return out
}

// unitMap is a map min-max normalised, zeros where it is constant or not finite.
func unitMap(m []float32) []float64 {
	lo, hi := float64(m[0]), float64(m[0])
	for _, v := range m {
		lo, hi = min(lo, float64(v)), max(hi, float64(v)) // NaN stays
	}
	return Mapped(m, func(_ int, v float64) float64 {
		if span := hi - lo; span > 0 && !math.IsInf(span, 0) {
			return (v - lo) / span
		}
		return 0
	})
}

var twoMaps = kernel.ClassMap{Maps: kernel.Shape4{1, 2, 1, 3}}

var mapDefined = []defined{
	{"a map in [0,1]", twoMaps, [][]float32{{9, 9, 9, 1, 3, 2}, {1}}, []float64{0, 1, .5}},
	{"a constant map is zero", twoMaps, [][]float32{{4, 4, 4, 1, 3, 2}, {0}}, []float64{0, 0, 0}},
	{"a map with NaN is zero", twoMaps, [][]float32{{4, nan, 5, 1, 3, 2}, {0}}, []float64{0, 0, 0}},
	{"a map with infinity is zero", twoMaps, [][]float32{{4, -inf, 5, 1, 3, 2}, {0}},
		[]float64{0, 0, 0}},
	{"a map's span may overflow", twoMaps, [][]float32{{-huge, huge, 0, 1, 3, 2}, {0}},
		[]float64{0, 1, .5}},
	{"a map of no such class", twoMaps, [][]float32{{4, 4, 4, 1, 3, 2}, {2}},
		[]float64{math.NaN(), math.NaN(), math.NaN()}},
	{"erase over delta", kernel.Erase{X: row, Delta: .5, Cmp: kernel.Greater},
		[][]float32{{1, 2, nan, 4, 5}, {.4, .5, .6, nan, inf}}, []float64{1, 2, 0, 4, 0}},
	{"erase from delta", kernel.Erase{X: row, Delta: .5, Cmp: kernel.GreaterEqual},
		[][]float32{{1, 2, 3, 4, 5}, {.4, .5, .6, nan, -inf}}, []float64{1, 0, 0, 4, 5}},
}
