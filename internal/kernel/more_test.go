package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// moreSpecs are the conformance cases of activations, normalisations and losses beside those
// of the first networks.
func moreSpecs() []Spec {
	var specs []Spec
	for _, x := range []Shape4{{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 16, 9, 4}, {3, 40, 13, 13}, {2, 300, 3, 5}} {
		specs = append(specs, ReLU6{x}, ReLU6Back{x}, Sigmoid{x}, SigmoidBack{x}, SiLU{x}, SiLUBack{x}, GELU{x}, GELUBack{x},
			ScaleChannels{x}, ScaleChannelsBack{x},
			LayerNorm{x, 1e-6}, LayerNormBackParams{LayerNorm{x, 1e-6}}, LayerNormBackData{LayerNorm{x, 1e-2}},
			AttentionDrop{x, .8}, AttentionDropBack{AttentionDrop{x, .8}}, AttentionDrop{x, 1}, LabelMaps{x})
		for _, l := range []LRN{{x, 5, 1e-1, .75, 1}, {x, 4, .5, .6, 2}, {x, 1, 1, .75, .5}} {
			specs = append(specs, l, LRNBack{l})
		}
	}
	for _, nk := range [][2]int{{1, 1}, {5, 16}, {33, 200}} {
		n, k := nk[0], nk[1]
		specs = append(specs, TargetLoss{n, k}, TargetLossBack{n, k}, SigmoidLoss{n, k}, SigmoidLossBack{n, k})
	}
	return specs
}

// moreBigSpecs have work for several threads.
func moreBigSpecs() []Spec {
	x := Shape4{4, 64, 27, 27}
	lrn, norm := LRN{x, 5, 1e-1, .75, 1}, LayerNorm{x, 1e-6}
	deep := ConvGeom{N: 3, C: 44, H: 27, W: 27, O: 44, KH: 3, KW: 3, StrideH: 2, StrideW: 1, PadH: 1, PadW: 1, DilH: 1, DilW: 1, Groups: 44}
	return []Spec{
		Conv{deep, true}, ConvBackData{deep}, ConvBackWeights{deep},
		ReLU6{x}, ReLU6Back{x}, Sigmoid{x}, SigmoidBack{x}, SiLU{x}, SiLUBack{x}, GELU{x}, GELUBack{x}, ScaleChannels{x}, ScaleChannelsBack{x},
		norm, LayerNormBackParams{norm}, LayerNormBackData{norm},
		AttentionDrop{x, .8}, AttentionDropBack{AttentionDrop{x, .8}}, lrn, LRNBack{lrn}, LabelMaps{x},
		TargetLoss{64, 100}, TargetLossBack{64, 100}, SigmoidLoss{64, 100}, SigmoidLossBack{64, 100},
	}
}

// moreInputs makes random inputs suit those Specs.
func moreInputs(rng *rand.Rand, s Spec, in [][]float32) {
	choose := func(x []float32) {
		for i := range x {
			x[i] = float32(rng.IntN(2))
		}
	}
	switch s.(type) {
	case AttentionDrop, AttentionDropBack:
		choose(in[1])
	case LabelMaps:
		choose(in[1])
	case TargetLoss, TargetLossBack:
		positive(in[1])
	case SigmoidLoss, SigmoidLossBack:
		positive(in[1])
		positive(in[2])
	case LayerNorm, LayerNormBackParams, LayerNormBackData:
		for i := range in[0] {
			in[0][i] += 7
		}
	case ReLU6, SiLU, SiLUBack, GELU, GELUBack, Sigmoid:
		for i := range in[0] {
			in[0][i] *= 5
		}
	case ReLU6Back:
		for i, v := range in[0] {
			in[0][i] = min(max(5*v, 0), 6)
		}
	}
}

// referenceMore computes those Specs by their definitions; nil for others.
func referenceMore(s Spec, in [][]float32) []float64 {
	logistic := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	at := func(i, j int) float64 { return float64(in[i][j]) }
	switch s := s.(type) {
	case ReLU6:
		return mapped(in[0], func(_ int, v float64) float64 { return math.Min(math.Max(v, 0), 6) })
	case ReLU6Back:
		return mapped(in[1], func(i int, g float64) float64 {
			if y := at(0, i); !(y > 0 && y < 6) {
				return 0
			}
			return g
		})
	case Sigmoid:
		return mapped(in[0], func(_ int, v float64) float64 { return logistic(v) })
	case SigmoidBack:
		return mapped(in[0], func(i int, y float64) float64 { return at(1, i) * y * (1 - y) })
	case SiLU:
		return mapped(in[0], func(_ int, v float64) float64 { return v * logistic(v) })
	case SiLUBack:
		return mapped(in[0], func(i int, v float64) float64 {
			return at(1, i) * (logistic(v) + v*logistic(v)*logistic(-v))
		})
	case GELU:
		return mapped(in[0], func(_ int, v float64) float64 { return v / 2 * (1 + math.Erf(v*math.Sqrt2/2)) })
	case GELUBack:
		return mapped(in[0], func(i int, v float64) float64 {
			return at(1, i) * ((1+math.Erf(v*math.Sqrt2/2))/2 + v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
		})
	case LayerNorm:
		normal, _ := s.reference(in[0])
		return mapped(in[0], func(i int, _ float64) float64 { c := s.channel(i); return normal[i]*at(1, c) + at(2, c) })
	case LayerNormBackParams:
		normal, _ := s.reference(in[0])
		sums := make([]float64, 2*s.X[1])
		for i, n := range normal {
			sums[s.channel(i)] += at(1, i) * n
			sums[s.X[1]+s.channel(i)] += at(1, i)
		}
		return sums
	case LayerNormBackData:
		return s.reference(in)
	case LRN:
		y := make([]float64, len(in[0]))
		s.eachReference(in[0], func(i int, energy float64, _ []int) { y[i] = at(0, i) * math.Pow(energy, -float64(s.Beta)) })
		return y
	case LRNBack:
		dx := make([]float64, len(in[0]))
		s.eachReference(in[0], func(i int, energy float64, window []int) {
			dx[i] += at(1, i) * math.Pow(energy, -float64(s.Beta))
			for _, j := range window {
				dx[j] -= at(1, i) * at(0, i) * float64(s.Beta) * math.Pow(energy, -float64(s.Beta)-1) * 2 * float64(s.Alpha) / float64(s.Size) * at(0, j)
			}
		})
		return dx
	case ScaleChannels:
		y := make([]float64, len(in[0]))
		each(s.X, func(i, n, c, _, _ int) { y[i] = at(0, i) * at(1, n*s.X[1]+c) })
		return y
	case ScaleChannelsBack:
		ds := make([]float64, s.X[0]*s.X[1])
		each(s.X, func(i, n, c, _, _ int) { ds[n*s.X[1]+c] += at(0, i) * at(1, i) })
		return ds
	case AttentionDrop:
		mask := s.referenceMask(in)
		return mapped(in[0], func(i int, v float64) float64 { return v * mask[s.position(i)] })
	case AttentionDropBack:
		mask, along := s.referenceMask(in), map[int]float64{}
		for i := range in[0] {
			along[s.position(i)] += at(0, i) * at(2, i)
		}
		return mapped(in[2], func(i int, g float64) float64 {
			m := mask[s.position(i)]
			if in[1][0] == 1 {
				return g * m
			}
			return g*m + along[s.position(i)]*m*(1-m)/float64(s.X[1])
		})
	case LabelMaps:
		return referenceLabelMaps(s, in)
	case TargetLoss:
		return []float64{referenceTargets(s.K, in, func(int, float64) {})}
	case TargetLossBack:
		dx := make([]float64, s.N*s.K)
		referenceTargets(s.K, in, func(i int, d float64) { dx[i] = d * at(2, 0) })
		return dx
	case SigmoidLoss:
		sum := 0.0
		for i := range in[0] {
			sum -= at(1, i)*math.Log(logistic(at(0, i))) + at(2, i)*math.Log(logistic(-at(0, i)))
		}
		return []float64{sum}
	case SigmoidLossBack:
		return mapped(in[0], func(i int, v float64) float64 { return (at(2, i)*logistic(v) - at(1, i)*logistic(-v)) * at(3, 0) })
	}
	return nil
}

// channel is that of an element of (N,C,H,W).
func (s LayerNorm) channel(i int) int { return i / (s.X[2] * s.X[3]) % s.X[1] }

// position is the place in (N,H,W).
func (s LayerNorm) position(i int) int { return AttentionDrop{X: s.X}.position(i) }

// reference gives (x-mean)/sqrt(var+Eps) of each element, and sqrt(var+Eps) of each position.
func (s LayerNorm) reference(x []float32) (normal, deviation []float64) {
	c := float64(s.X[1])
	mean := make([]float64, len(x)/s.X[1])
	deviation = make([]float64, len(mean))
	for i, v := range x {
		mean[s.position(i)] += float64(v) / c
	}
	for i, v := range x {
		deviation[s.position(i)] += math.Pow(float64(v)-mean[s.position(i)], 2) / c
	}
	for i, v := range deviation {
		deviation[i] = math.Sqrt(v + float64(s.Eps))
	}
	normal = mapped(x, func(i int, v float64) float64 { return (v - mean[s.position(i)]) / deviation[s.position(i)] })
	return normal, deviation
}

// reference sums the derivatives of every output of a position by each of its inputs.
func (s LayerNormBackData) reference(in [][]float32) []float64 {
	normal, deviation := s.LayerNorm.reference(in[0])
	positions := make([][]int, len(deviation)) // the elements of each
	for i := range in[0] {
		positions[s.position(i)] = append(positions[s.position(i)], i)
	}
	return mapped(in[0], func(i int, _ float64) float64 {
		sum := 0.0
		for _, j := range positions[s.position(i)] {
			d := -(1 + normal[i]*normal[j]) / float64(s.X[1])
			if i == j {
				d++
			}
			sum += float64(in[2][j]) * float64(in[1][s.channel(j)]) * d
		}
		return sum / deviation[s.position(i)]
	})
}

// eachReference gives each element its energy and the elements in it.
func (s LRN) eachReference(x []float32, f func(i int, energy float64, window []int)) {
	each(s.X, func(i, n, c, h, w int) {
		var window []int
		energy := 0.0
		for j := c - s.Size/2; j < c-s.Size/2+s.Size; j++ {
			if j >= 0 && j < s.X[1] {
				at := s.X.at(n, j, h, w)
				window = append(window, at)
				energy += float64(x[at]) * float64(x[at])
			}
		}
		f(i, float64(s.K)+float64(s.Alpha)*energy/float64(s.Size), window)
	})
}

// position is the place in (N,H,W) of an element of (N,C,H,W).
func (s AttentionDrop) position(i int) int {
	hw := s.X[2] * s.X[3]
	return i/(hw*s.X[1])*hw + i%hw
}

func (s AttentionDrop) referenceMask(in [][]float32) []float64 {
	hw := s.X[2] * s.X[3]
	mean := make([]float64, s.X[0]*hw)
	for i, v := range in[0] {
		mean[s.position(i)] += float64(v) / float64(s.X[1])
	}
	mask := make([]float64, len(mean))
	for i, a := range mean {
		top := math.Inf(-1)
		for _, v := range mean[i/hw*hw:][:hw] {
			top = math.Max(top, v)
		}
		switch {
		case in[1][0] == 0:
			mask[i] = 1 / (1 + math.Exp(-a))
		case a < top*float64(s.Threshold):
			mask[i] = 1
		}
	}
	return mask
}

func referenceLabelMaps(s LabelMaps, in [][]float32) []float64 {
	k, hw := s.Maps[1], s.Maps[2]*s.Maps[3]
	y := make([]float64, s.Maps[0]*hw)
	for nc, t := range in[1] {
		m := in[0][nc*hw:][:hw]
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, v := range m {
			lo, hi = math.Min(lo, float64(v)), math.Max(hi, float64(v))
		}
		for i, v := range m {
			if t > 0 && hi > lo {
				at := nc/k*hw + i
				y[at] = math.Max(y[at], (float64(v)-lo)/(hi-lo))
			}
		}
	}
	return y
}

// referenceTargets is a TargetLoss and, by f, its derivatives.
func referenceTargets(k int, in [][]float32, f func(i int, d float64)) float64 {
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

// checkMoreDifferences checks those gradients along random directions.
func checkMoreDifferences(t *testing.T, b Backend, rng *rand.Rand) {
	x := Shape4{2, 24, 4, 5}
	lrn := LRN{x, 5, .5, .75, 1}
	for _, c := range []struct {
		forward, back Spec
		choice        []float32
		useOutput     bool
	}{
		{forward: Sigmoid{x}, back: SigmoidBack{x}, useOutput: true}, {forward: SiLU{x}, back: SiLUBack{x}}, {forward: GELU{x}, back: GELUBack{x}},
		{forward: lrn, back: LRNBack{lrn}},
		{forward: AttentionDrop{x, .8}, back: AttentionDropBack{AttentionDrop{x, .8}}, choice: []float32{0}},
	} {
		in, dy := random(rng, x.Size()), random(rng, x.Size())
		of := func(v []float32) [][]float32 {
			if c.choice != nil {
				return [][]float32{v, c.choice}
			}
			return [][]float32{v}
		}
		back := append(of(in), dy)
		if c.useOutput {
			back[0] = compute(t, b, c.forward, of(in))
		}
		grad := compute(t, b, c.back, back)
		checkSlope(t, rng, fmt.Sprintf("%T", c.forward), in, grad, func(v []float32) float64 { return dot(compute(t, b, c.forward, of(v)), dy) })
	}
	norm, c := LayerNorm{x, 1e-3}, x[1]
	in, scale, shift, dy := random(rng, x.Size()), random(rng, c), random(rng, c), random(rng, x.Size())
	loss := func(in, scale, shift []float32) float64 {
		return dot(compute(t, b, norm, [][]float32{in, scale, shift}), dy)
	}
	params := compute(t, b, LayerNormBackParams{norm}, [][]float32{in, dy})
	dx := compute(t, b, LayerNormBackData{norm}, [][]float32{in, scale, dy})
	checkSlope(t, rng, "layer norm, x", in, dx, func(v []float32) float64 { return loss(v, scale, shift) })
	checkSlope(t, rng, "layer norm, scale", scale, params[:c], func(v []float32) float64 { return loss(in, v, shift) })
	checkSlope(t, rng, "layer norm, shift", shift, params[c:], func(v []float32) float64 { return loss(in, scale, v) })
	logits, targets, other, g := random(rng, 5*7), random(rng, 5*7), random(rng, 5*7), []float32{3}
	positive(targets)
	positive(other)
	grad := compute(t, b, TargetLossBack{5, 7}, [][]float32{logits, targets, g})
	checkSlope(t, rng, "targets", logits, grad, func(v []float32) float64 {
		return 3 * float64(compute(t, b, TargetLoss{5, 7}, [][]float32{v, targets})[0])
	})
	grad = compute(t, b, SigmoidLossBack{5, 7}, [][]float32{logits, targets, other, g})
	checkSlope(t, rng, "labels", logits, grad, func(v []float32) float64 {
		return 3 * float64(compute(t, b, SigmoidLoss{5, 7}, [][]float32{v, targets, other})[0])
	})
}

func TestNaNStaysInActivations(t *testing.T) {
	p := NewPortable(1)
	defer p.Close()
	x := Shape4{1, 2, 1, 9}
	in := make([]float32, 18)
	in[3], in[17] = nan, nan
	for _, s := range []Spec{ReLU6{x}, Sigmoid{x}, SiLU{x}, GELU{x}} {
		if y := compute(t, p, s, [][]float32{in}); y[3] == y[3] || y[17] == y[17] || y[0] != y[0] {
			t.Errorf("%T of NaN: %v", s, y)
		}
	}
}
