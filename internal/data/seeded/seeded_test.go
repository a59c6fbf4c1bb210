package seeded

import (
	"slices"
	"testing"
)

func TestRandomnessIsFixed(t *testing.T) {
	// The values are part of what a seed means: a run resumed by a later build must draw them
	// again.
	if got, want := Rand(Order, 1, 0).Perm(6), []int{5, 2, 1, 0, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("order of epoch 0: %v, want %v", got, want)
	}
	if got, want := Rand(Sample, 1, 2, 3, 0).Uint64(), uint64(0xe277624a22cd093); got != want {
		t.Errorf("draw %#x, want %#x", got, want)
	}
}
