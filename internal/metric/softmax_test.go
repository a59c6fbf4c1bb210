package metric_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"acol/internal/metric"
)

func TestSoftmaxDoesNotOverflow(t *testing.T) {
	for _, tc := range []struct {
		logits []float32
		want   []float64
	}{
		{[]float32{0, 0}, []float64{0.5, 0.5}},
		{[]float32{3e38, 0, 3e38}, []float64{0.5, 0, 0.5}},
		{[]float32{-1e30}, []float64{1}},
		{[]float32{float32(math.Log(3)), 0}, []float64{0.75, 0.25}},
	} {
		if d := cmp.Diff(tc.want, metric.Softmax(tc.logits), cmpopts.EquateApprox(0, 1e-7)); d != "" {
			t.Errorf("%v (-want +got):\n%s", tc.logits, d)
		}
	}
}
