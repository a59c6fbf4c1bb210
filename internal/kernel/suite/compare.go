package suite

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"acol/internal/kernel"
)

// tolerance bounds the error of a result, relative to the largest element of the true one.
// Rounding to float32 is 6e-8; sums of a few thousand random terms lose a factor of some ten, their
// blocks' cancellation another.
const tolerance = 4e-6

// halfTolerance is by how much inputs and outputs of bfloat16 may change a result, relative to its
// largest element: a rounding is 2^-9 of a value, and there are several of them.
const halfTolerance = 1.0 / 64

// Random draws n values of the normal distribution.
func Random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// Close is an error where a result is not the true one within the tolerance of float32.
func Close(got []float32, want []float64) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d elements, want %d", len(got), len(want))
	}
	scale := 1e-3
	for _, v := range want {
		if !math.IsInf(v, 0) && !math.IsNaN(v) {
			scale = max(scale, math.Abs(v))
		}
	}
	for i, v := range want {
		g := float64(got[i])
		if math.IsNaN(g) != math.IsNaN(v) || math.Abs(g-v) > tolerance*scale ||
			math.IsInf(v, 0) && g != v {
			return fmt.Errorf("element %d of %d is %g, want %g (largest %g)", i, len(want), g, v,
				scale)
		}
	}
	return nil
}

// CloseHalf is an error where a value is further from the reference than the rounding of bfloat16.
func CloseHalf(got []float32, want []float64) error {
	largest := 1e-3
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= halfTolerance*largest) { // NaN fails too
			return fmt.Errorf("element %d is %g, want %g (largest %g)", i, got[i], v, largest)
		}
	}
	return nil
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

// Mapped applies f to each element and its index.
func Mapped(x []float32, f func(i int, v float64) float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = f(i, float64(v))
	}
	return y
}

// rounded is the nearest float32 of each element.
func rounded(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// each visits an (N,C,H,W) tensor in order.
func each(x kernel.Shape4, f func(i, n, c, h, w int)) {
	i := 0
	for n := range x[0] {
		for c := range x[1] {
			for h := range x[2] {
				for w := range x[3] {
					f(i, n, c, h, w)
					i++
				}
			}
		}
	}
}

// at is the index of an element of an (N,C,H,W) tensor.
func at(s kernel.Shape4, n, c, h, w int) int { return ((n*s[1]+c)*s[2]+h)*s[3] + w }

// position is the index in (N,H,W) of element i of (N,C,H,W).
func position(x kernel.Shape4, i int) int {
	hw := x[2] * x[3]
	return i/(hw*x[1])*hw + i%hw
}

// Positive makes variances, or weights, of random numbers.
func Positive(x []float32) {
	for i, v := range x {
		x[i] = v*v + .1
	}
}

// SameBits says whether two tensors are equal bit by bit.
func SameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b,
		func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// Guarded is memory of n NaNs between marks; intact says whether the marks still stand.
func Guarded(n int) (mem []float32, intact func() bool) {
	const (
		mark  = 12345
		guard = 32 // words on each side
	)
	all := make([]float32, n+2*guard)
	for i := range all {
		all[i] = mark
	}
	mem = all[guard : guard+n : guard+n]
	for i := range mem {
		mem[i] = nan
	}
	return mem, func() bool {
		for i, v := range all {
			if (i < guard || i >= guard+n) && v != mark {
				return false
			}
		}
		return true
	}
}
