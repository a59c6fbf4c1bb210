package kerneltest

import (
	"errors"
	"slices"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
)

// layouts are what Compute offers to a backend: one layout for all tensors of four axes, and Plain
// for the others.
func layouts(s kernel.Spec, four backend.Layout) []backend.Layout {
	list := make([]backend.Layout, len(s.In()))
	for i, shape := range s.In() {
		list[i] = suite.LayoutOf(s, i)
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
		if suite.LayoutOf(s, i) == backend.Bytes {
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
	out, outIntact := suite.Guarded(b.Size(s.Out(), r.Out))
	scratch, scratchIntact := suite.Guarded(r.Scratch)
	r.Run(out, in, scratch)
	if !outIntact() || !scratchIntact() {
		t.Error("wrote beyond its output or scratch memory")
	}
	for i := range in {
		if !suite.SameBits(in[i], kept[i]) {
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
	if !suite.SameBits(y, plainOf(again)) {
		t.Error("a second run, in place if allowed, gave other bits")
	}
	return y
}

// Close fails where a result is not the true one within the tolerance of float32.
func Close(t *testing.T, got []float32, want []float64) {
	t.Helper()
	if err := suite.Close(got, want); err != nil {
		t.Fatal(err)
	}
}

// CloseHalf fails where a value is further from the reference than the rounding of bfloat16.
func CloseHalf(t *testing.T, got []float32, want []float64) {
	t.Helper()
	if err := suite.CloseHalf(got, want); err != nil {
		t.Fatal(err)
	}
}
