package kerneltest

import (
	"math"
	"testing"

	"acol/internal/kernel"
)

// halfTolerance is by how much inputs and outputs of bfloat16 may change a result, relative to its
// largest element: a rounding is 2^-9 of a value, and there are several of them.
const halfTolerance = 1.0 / 64

// CloseHalf fails where a value is further from the reference than the rounding of bfloat16.
func CloseHalf(t *testing.T, got []float32, want []float64) {
	t.Helper()
	largest := 1e-3
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= halfTolerance*largest) { // NaN fails too
			t.Fatalf("element %d is %g, want %g (largest %g)", i, got[i], v, largest)
		}
	}
}

// Halved are a Spec's inputs with their tensors of four axes rounded as bfloat16 stores them, so
// that a maximum or a sign is the same on both sides.
func Halved(s kernel.Spec, in [][]float32) [][]float32 {
	out := make([][]float32, len(in))
	for i, shape := range s.In() {
		out[i] = in[i]
		if len(shape) == 4 && !kernel.ReadsBytes(s, i) {
			out[i] = make([]float32, len(in[i]))
			for j, v := range in[i] {
				u := math.Float32bits(v)
				out[i][j] = math.Float32frombits((u + 0x7fff + u>>16&1) &^ 0xffff)
			}
		}
	}
	return out
}
