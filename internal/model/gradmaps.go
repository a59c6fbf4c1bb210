package model

import (
	"acol/internal/cam"
)

// What keeps a denominator from 0, as pytorch-grad-cam 1.5 has it. That of Grad-CAM++ is not small
// beside the squares of gradients that a global average has divided by the number of positions, so
// that the map depends on it.
const (
	plusPlusEps = 1e-6
	xGradEps    = 1e-7
)

// gradientMap makes the map of a class, (h,w), of what a layer has computed, values (C,h,w), and of
// the gradient of the class's logit with respect to that. What is negative becomes 0.
//
// GradCAM and LayerCAM are those of pytorch-grad-cam 1.5 and of torch-cam 0.5 alike. GradCAM++ and
// XGradCAM are pytorch-grad-cam's. torch-cam multiplies the third derivative of each position by
// the value at that position, and sums over positions then; in equation 19 of the paper the sum is
// over the values alone, and each position has its own third derivative. For XGradCAM torch-cam
// differs in its epsilon, 1e-8.
func gradientMap(method MapMethod, shape []int, values, grad []float32) cam.Map {
	m := cam.New(shape[1], shape[2])
	n := len(m.V)
	for c := range shape[0] {
		a, g := values[c*n:][:n], grad[c*n:][:n]
		if method == LayerCAM {
			for i, v := range a {
				m.V[i] += max(0, float64(g[i])) * float64(v)
			}
			continue
		}
		w := channelWeight(method, a, g)
		for i, v := range a {
			m.V[i] += w * float64(v)
		}
	}
	return positive(m)
}

// positive sets what is negative in a map to 0. NaN stays, for Normalize to find.
func positive(m cam.Map) cam.Map {
	for i, v := range m.V {
		if v < 0 {
			m.V[i] = 0
		}
	}
	return m
}

// channelWeight returns the weight of a channel in the map, from its values and their gradients,
// (h,w) each.
func channelWeight(method MapMethod, values, grad []float32) float64 {
	weight, total := 0.0, 0.0 // total is the sum of the values
	for _, v := range values {
		total += float64(v)
	}
	for i, g32 := range grad {
		g := float64(g32)
		switch method {
		case GradCAM:
			weight += g / float64(len(grad))
		case GradCAMPlusPlus:
			if g > 0 {
				weight += g * g * g / (2*g*g + total*g*g*g + plusPlusEps)
			}
		case XGradCAM:
			weight += g * float64(values[i]) / (total + xGradEps)
		case CAM, LayerCAM, ScoreCAM: // have no weights of this kind
		}
	}
	return weight
}
