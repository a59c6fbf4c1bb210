package metric

import (
	"math"
	"slices"
)

// Softmax turns finite logits, of which there is at least one, into probabilities.
func Softmax[T float32 | float64](logits []T) []float64 {
	top := slices.Max(logits)
	out := make([]float64, len(logits))
	sum := 0.0
	for i, v := range logits {
		out[i] = math.Exp(float64(v) - float64(top))
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}
