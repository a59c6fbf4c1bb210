package metric

import (
	"math"
	"slices"
	"testing"
)

var nan32 = float32(math.NaN())

func TestTopOrdersLikeAStableSort(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		logits []float32
		k      int
		want   []int
	}{
		{[]float32{1, 3, 2}, 2, []int{1, 2}},
		{[]float32{2, 3, 3, 2}, 4, []int{1, 2, 0, 3}},
		{[]float32{5, 5, 5, 5, 5, 5}, 5, []int{0, 1, 2, 3, 4}},
		{[]float32{nan32, -1, nan32, -inf, inf}, 5, []int{4, 1, 3, 0, 2}},
		{[]float32{1}, 5, []int{0}},
		{nil, 5, []int{}},
		{[]float32{1, 2}, 0, []int{}},
		{[]float32{1, 2}, -1, []int{}},
	} {
		if got := Top(c.logits, c.k); !slices.Equal(got, c.want) {
			t.Errorf("Top(%v, %d) = %v, want %v", c.logits, c.k, got, c.want)
		}
	}
}

func TestRanksAgreeWithTop(t *testing.T) {
	r := rng(9)
	for range 500 {
		logits := make([]float32, 1+r.Below(12))
		for i := range logits {
			logits[i] = float32(r.Below(6))
		}
		label := r.Below(len(logits))
		rank, err := Rank(logits, label)
		if err != nil {
			t.Fatal(err)
		}
		for k := range 7 {
			if in := slices.Contains(Top(logits, k), label); in != (rank < k) {
				t.Fatalf("logits %v: label %d has rank %d, among the first %d: %v",
					logits, label, rank, k, in)
			}
		}
	}
}

func TestRankOfALabel(t *testing.T) {
	for _, c := range []struct {
		logits []float32
		label  int
		want   int
	}{
		{[]float32{9, 1, 1, 1, 1, 1}, 0, 0},
		{[]float32{9, 1, 1, 1, 1, 1}, 5, 5}, // sixth by its index
		{[]float32{9, 1, 1, 1, 1, 1}, 4, 4},
		{[]float32{3, 2}, 1, 1},
		{[]float32{3, nan32}, 0, -1}, // a network that says NaN guesses nothing
		{[]float32{3, nan32}, 1, -1},
	} {
		if got, err := Rank(c.logits, c.label); err != nil || got != c.want {
			t.Errorf("rank of %d in %v: %d, want %d (%v)", c.label, c.logits, got, c.want, err)
		}
	}
	for _, label := range []int{-1, 2} {
		if _, err := Rank([]float32{1, 2}, label); err == nil {
			t.Errorf("no error for label %d of 2 classes", label)
		}
	}
}
