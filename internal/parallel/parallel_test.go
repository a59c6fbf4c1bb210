package parallel

import (
	"slices"
	"testing"
)

func TestEachVisitsEveryIndexOnce(t *testing.T) {
	for _, workers := range []int{1, 3, 50} {
		for _, n := range []int{0, 1, 20} {
			seen := make([]int, n)
			Each(workers, n, func(i int) { seen[i]++ })
			if slices.ContainsFunc(seen, func(k int) bool { return k != 1 }) {
				t.Errorf("%d workers visited %v times", workers, seen)
			}
		}
	}
}
