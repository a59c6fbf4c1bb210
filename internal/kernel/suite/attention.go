package suite

import (
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var attentions = family{cases: attentionCases, large: attentionsOf(largeShape), suit: attentionSuit,
	reference: attentionReference, properties: attentionProperties}

func attentionsOf(x kernel.Shape4) []kernel.Spec {
	drop := kernel.AttentionDrop{X: x, Threshold: .8}
	return []kernel.Spec{kernel.ScaleChannels{X: x}, kernel.ScaleChannelsBack{X: x}, drop,
		kernel.AttentionDropBack{AttentionDrop: drop}}
}

func attentionCases() []kernel.Spec {
	var specs []kernel.Spec
	for _, x := range activations {
		specs = append(append(specs, attentionsOf(x)...), kernel.AttentionDrop{X: x, Threshold: 1})
	}
	return specs
}

// choose makes each value 0 or 1.
func choose(rng *rand.Rand, x []float32) {
	for i := range x {
		x[i] = float32(rng.IntN(2))
	}
}

func attentionSuit(rng *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s.(type) {
	case kernel.AttentionDrop, kernel.AttentionDropBack:
		choose(rng, in[1])
	}
}

func attentionReference(s kernel.Spec, in [][]float32) []float64 {
	switch s := s.(type) {
	case kernel.ScaleChannels:
		y := make([]float64, len(in[0]))
		each(s.X, func(i, n, c, _, _ int) { y[i] = float64(in[0][i]) * float64(in[1][n*s.X[1]+c]) })
		return y
	case kernel.ScaleChannelsBack:
		ds := make([]float64, s.X[0]*s.X[1])
		each(s.X, func(i, n, c, _, _ int) { ds[n*s.X[1]+c] += float64(in[0][i]) * float64(in[1][i]) })
		return ds
	case kernel.AttentionDrop:
		mask := attentionMask(s, in)
		return Mapped(in[0], func(i int, v float64) float64 { return v * mask[position(s.X, i)] })
	case kernel.AttentionDropBack:
		mask, along := attentionMask(s.AttentionDrop, in), map[int]float64{}
		for i := range in[0] {
			along[position(s.X, i)] += float64(in[0][i]) * float64(in[2][i])
		}
		return Mapped(in[2], func(i int, g float64) float64 {
			p := position(s.X, i)
			if in[1][0] == 1 {
				return g * mask[p]
			}
			return g*mask[p] + along[p]*mask[p]*(1-mask[p])/float64(s.X[1])
		})
	}
	return nil
}

// attentionMask is what multiplies each position.
func attentionMask(s kernel.AttentionDrop, in [][]float32) []float64 {
	hw := s.X[2] * s.X[3]
	mean := make([]float64, s.X[0]*hw)
	for i, v := range in[0] {
		mean[position(s.X, i)] += float64(v) / float64(s.X[1])
	}
	mask := make([]float64, len(mean))
	for i, a := range mean {
		top := math.Inf(-1)
		for _, v := range mean[i/hw*hw:][:hw] {
			top = math.Max(top, v)
		}
		switch {
		case in[1][0] == 0:
			mask[i] = logistic(a)
		case a < top*float64(s.Threshold):
			mask[i] = 1
		}
	}
	return mask
}

func attentionProperties() []Check {
	drop := kernel.AttentionDrop{X: smoothShape, Threshold: .8}
	back := kernel.AttentionDropBack{AttentionDrop: drop}
	return []Check{smooth{forward: drop, back: back, more: [][]float32{{0}}}.check()}
}
