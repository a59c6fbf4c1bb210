package kerneltest

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// tolerance bounds the error of a result, relative to the largest element of the true one.
// Rounding to float32 is 6e-8; sums of a few thousand random terms lose a factor of some ten, their
// blocks' cancellation another.
const tolerance = 4e-6

// Random draws n values of the normal distribution.
func Random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// guard is how many words around each output and scratch are watched.
const guard = 32

// Guarded is memory of n NaNs between marks; intact says whether the marks still stand.
func Guarded(n int) (mem []float32, intact func() bool) {
	const mark = 12345
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

// layouts are what Compute offers to a backend: one layout for all tensors of four axes, and Plain
// for the others.
func layouts(s kernel.Spec, four backend.Layout) []backend.Layout {
	list := make([]backend.Layout, len(s.In()))
	for i, shape := range s.In() {
		list[i] = layoutOf(s, i)
		if len(shape) == 4 && list[i] == backend.Plain {
			list[i] = four
		}
	}
	return list
}

func isUnsupported(err error) bool {
	var e backend.UnsupportedError
	return errors.As(err, &e)
}

// Laid gives Plain inputs of a Spec in the layouts that its Routine wants. Bytes stay as they are.
func Laid(
	t *testing.T, b backend.Backend, s kernel.Spec, r *backend.Routine, plain [][]float32,
) [][]float32 {
	t.Helper()
	in := make([][]float32, len(plain))
	for i, shape := range s.In() {
		if layoutOf(s, i) == backend.Bytes {
			in[i] = slices.Clone(plain[i])
			continue
		}
		in[i] = make([]float32, b.Size(shape, r.In[i]))
		if err := b.Reorder(in[i], plain[i], shape, r.In[i], backend.Plain); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

// Compute runs a Spec on Plain inputs to a Plain output. It watches the memory around outputs,
// compares the inputs afterwards, and runs once more in place where that is allowed.
func Compute(t *testing.T, b backend.Backend, s kernel.Spec, plain [][]float32) []float32 {
	t.Helper()
	return computeFrom(t, b, s, plain, backend.NHWC)
}

// computeFrom is Compute where tensors of four axes have a layout already.
func computeFrom(
	t *testing.T, b backend.Backend, s kernel.Spec, plain [][]float32, four backend.Layout,
) []float32 {
	t.Helper()
	r, err := b.Compile(s, layouts(s, four))
	if err != nil {
		t.Fatal(err)
	}
	in := Laid(t, b, s, r, plain)
	kept := make([][]float32, len(in))
	for i := range in {
		kept[i] = slices.Clone(in[i])
	}
	out, outIntact := Guarded(b.Size(s.Out(), r.Out))
	scratch, scratchIntact := Guarded(r.Scratch)
	r.Run(out, in, scratch)
	if !outIntact() || !scratchIntact() {
		t.Error("wrote beyond its output or scratch memory")
	}
	for i := range in {
		if !SameBits(in[i], kept[i]) {
			t.Errorf("input %d was modified", i)
		}
	}
	again := make([]float32, len(out))
	if i := r.InPlace; i >= 0 {
		again = in[i]
	}
	r.Run(again, in, scratch)
	plainOf := func(x []float32) []float32 {
		y := make([]float32, kernel.Elements(s.Out()))
		if err := b.Reorder(y, x, s.Out(), backend.Plain, r.Out); err != nil {
			t.Fatal(err)
		}
		return y
	}
	y := plainOf(out)
	if !SameBits(y, plainOf(again)) {
		t.Error("a second run, in place if allowed, gave other bits")
	}
	return y
}

// SameBits says whether two tensors are equal bit by bit.
func SameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b,
		func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

// Close holds a result to the true one within the tolerance of float32.
func Close(t *testing.T, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d elements, want %d", len(got), len(want))
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
			t.Fatalf("element %d of %d is %g, want %g (largest %g)", i, len(want), g, v, scale)
		}
	}
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

// positive makes variances, or weights, of random numbers.
func positive(x []float32) {
	for i, v := range x {
		x[i] = v*v + .1
	}
}
