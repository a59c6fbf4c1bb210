package metric

import (
	"fmt"
	"math"
)

// Top returns the indices of the k largest logits, axes (K), in descending order of the logits.
// On ties the lower index comes first; NaN comes last. Fewer than k classes give them all.
func Top(logits []float32, k int) []int {
	k = min(max(k, 0), len(logits))
	top := make([]int, 0, k)
	if k == 0 {
		return top
	}
	for i := range logits {
		at := len(top)
		for at > 0 && before(logits[i], logits[top[at-1]]) {
			at--
		}
		if at == k {
			continue
		}
		if len(top) < k {
			top = append(top, 0)
		}
		copy(top[at+1:], top[at:])
		top[at] = i
	}
	return top
}

// before reports whether a ranks strictly higher than b.
func before(a, b float32) bool {
	return a > b || (a == a && b != b)
}

// Rank returns the place of a label among the logits, axes (K): 0 where it is the first guess, by
// the order of Top. Where a logit is NaN the network guesses nothing, and the rank is -1. A label
// that is no index of the logits is an error.
func Rank(logits []float32, label int) (int, error) {
	if label < 0 || label >= len(logits) {
		return 0, fmt.Errorf("rank of a label: label %d of %d classes", label, len(logits))
	}
	rank := 0
	for i, v := range logits {
		switch {
		case math.IsNaN(float64(v)):
			return -1, nil
		case v > logits[label] || (v == logits[label] && i < label):
			rank++
		}
	}
	return rank, nil
}
