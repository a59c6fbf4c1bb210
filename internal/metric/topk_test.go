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

func TestTopKAgreesWithTop(t *testing.T) {
	r := rng(9)
	for range 500 {
		logits := make([]float32, 1+r.below(12))
		for i := range logits {
			logits[i] = float32(r.below(6))
		}
		label := r.below(len(logits))
		var acc TopK
		if err := acc.Add(logits, label); err != nil {
			t.Fatal(err)
		}
		top := Top(logits, 5)
		want := TopKResult{Images: 1}
		if top[0] == label {
			want.Top1 = 100
		}
		if slices.Contains(top, label) {
			want.Top5 = 100
		}
		if got := acc.Result(); got != want {
			t.Fatalf("logits %v, label %d: %+v, want %+v", logits, label, got, want)
		}
	}
}

func TestTopKCounts(t *testing.T) {
	var a, b TopK
	add := func(k *TopK, label int, logits ...float32) {
		t.Helper()
		if err := k.Add(logits, label); err != nil {
			t.Fatal(err)
		}
	}
	add(&a, 0, 9, 1, 1, 1, 1, 1)
	add(&a, 5, 9, 1, 1, 1, 1, 1) // sixth by its index
	add(&a, 4, 9, 1, 1, 1, 1, 1)
	add(&b, 1, 3, 2)     // two classes: top-5 is always right
	add(&b, 0, 3, nan32) // a NaN is not
	a.Merge(&b)
	want := TopKResult{Images: 5, Top1: 20, Top5: 60, NaNLogits: 1}
	if got := a.Result(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := new(TopK).Result(); got != (TopKResult{}) {
		t.Errorf("without images: %+v", got)
	}
	for _, label := range []int{-1, 2} {
		if err := a.Add([]float32{1, 2}, label); err == nil {
			t.Errorf("no error for label %d of 2 classes", label)
		}
	}
	if a.Result() != want {
		t.Error("a refused image was counted")
	}
}
