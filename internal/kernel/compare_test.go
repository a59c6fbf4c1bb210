package kernel

import (
	"math"
	"testing"
)

func TestCompareErasesAtDeltaOnlyWithGreaterEqual(t *testing.T) {
	nan := float32(math.NaN())
	for _, tc := range []struct {
		v      float32
		gt, ge bool
	}{{0.4, false, false}, {0.5, false, true}, {0.6, true, true}, {nan, false, false}} {
		if gt, ge := Greater.Over(tc.v, 0.5), GreaterEqual.Over(tc.v, 0.5); gt != tc.gt || ge != tc.ge {
			t.Errorf("%g at delta 0.5: gt %v, ge %v, want %v, %v", tc.v, gt, ge, tc.gt, tc.ge)
		}
	}
}
