package metric

import (
	"fmt"
	"math"
)

// Top returns the indices of the k largest logits, axes (K), in descending
// order; the lower index comes first on ties and NaN comes last. Fewer than k
// classes give them all.
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

// before says whether a ranks strictly higher than b.
func before(a, b float32) bool {
	return a > b || (a == a && b != b)
}

// TopK accumulates top-1 and top-5 classification accuracy.
type TopK struct {
	images, top1, top5, nan int
}

// Add counts an image by its logits, axes (K), and its class. An image
// with a NaN among its logits is counted, and never right. With fewer than five classes
// every other image is right at top-5.
func (t *TopK) Add(logits []float32, label int) error {
	if label < 0 || label >= len(logits) {
		return fmt.Errorf("top-k accuracy: label %d of %d classes", label, len(logits))
	}
	rank := 0
	for i, v := range logits {
		switch {
		case math.IsNaN(float64(v)):
			t.images++
			t.nan++
			return nil
		case v > logits[label] || (v == logits[label] && i < label):
			rank++
		}
	}
	t.images++
	if rank < 1 {
		t.top1++
	}
	if rank < 5 {
		t.top5++
	}
	return nil
}

// Merge adds what u counted.
func (t *TopK) Merge(u *TopK) {
	t.images += u.images
	t.top1 += u.top1
	t.top5 += u.top5
	t.nan += u.nan
}

// TopKResult holds classification accuracies in percent.
type TopKResult struct {
	Images    int     `json:"images"`
	Top1      float64 `json:"top1"`
	Top5      float64 `json:"top5"`
	NaNLogits int     `json:"nan_logits"`
}

// Result is over all images counted.
func (t *TopK) Result() TopKResult {
	return TopKResult{t.images, percent(t.top1, t.images), percent(t.top5, t.images), t.nan}
}
