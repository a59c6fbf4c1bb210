//go:build onednn && amd64 && cgo

package native

import (
	"fmt"
	"slices"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/native/cpp"
	"acol/internal/kernel/suite"
)

func openNative(t *testing.T, o backend.Options) *Backend {
	t.Helper()
	o = o.WithDefaults()
	if err := missing(o.Precision); err != nil {
		t.Skip(err)
	}
	b, err := open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b.(*Backend)
}

func TestNativeConforms(t *testing.T) {
	for _, threads := range []int{1, 2} {
		t.Run(fmt.Sprint(threads),
			func(t *testing.T) { kerneltest.Conform(t, openNative(t, backend.Options{Threads: threads})) })
	}
}

// TestOtherSpecsArePortable names the Specs without native code. They are neither convolutions nor
// between two of them: each runs once in a step, on little memory.
func TestOtherSpecsArePortable(t *testing.T) {
	b := openNative(t, backend.Options{Threads: 1})
	var got []string
	for _, s := range suite.Cases() {
		kind := kernel.Kind(s)
		if !slices.Contains(got, kind) && kernel.FLOPs(s) == 0 &&
			b.compile(s, make([]backend.Layout, len(s.In()))) == nil {
			got = append(got, kind)
		}
	}
	slices.Sort(got)
	if want := []string{
		"AdamMove", "Add", // of less than four axes
		"AttentionDrop", "AttentionDropBack", "Bilinear", "BilinearBack",
		"Blend", "BlendSquare", "ClipFactor", // of updates, which the processor has as Updater
		"FoldBias", "FoldWeights",
		"GuideLoss", "GuideLossBack", "GuideMask",
		"LRN", "LRNBack", // of an exponent that nobody uses
		"LabelMaps", "MoveStats", "Normalize", "Row", "SigmoidLoss", "SigmoidLossBack",
		"SumSquares", "TargetLoss", "TargetLossBack", "Top",
	}; !slices.Equal(got, want) {
		t.Errorf("the portable backend computes %v, want %v", got, want)
	}
}

func TestBF16IsWithinItsRounding(t *testing.T) {
	b := openNative(t, backend.Options{Threads: 2, Precision: backend.BF16})
	for _, s := range suite.Cases() {
		t.Run(fmt.Sprintf("%T%+v", s, s), func(t *testing.T) {
			in := suite.Halved(s, suite.Inputs(s))
			kerneltest.CloseHalf(t, kerneltest.Compute(t, b, s, in), suite.Reference(s, in))
		})
	}
}

// TestThreadsChangeNoMoreThanRounding is what holds of the native kernels, whose convolutions sum
// in an order that depends on the number of threads. Of the portable kernels no bit changes.
func TestThreadsChangeNoMoreThanRounding(t *testing.T) {
	one, two := openNative(t, backend.Options{Threads: 1}), openNative(t, backend.Options{Threads: 2})
	for _, s := range suite.Large() {
		in := suite.Inputs(s)
		a, b := kerneltest.Compute(t, one, s, in), kerneltest.Compute(t, two, s, in)
		want := make([]float64, len(a))
		for i, v := range a {
			want[i] = float64(v)
		}
		kerneltest.Close(t, b, want)
	}
}

func TestNativeRunsDoNotAllocate(t *testing.T) {
	b := openNative(t, backend.Options{Threads: 2})
	for _, s := range suite.Large() {
		want := make([]backend.Layout, len(s.In()))
		for i := range want {
			want[i] = plain
		}
		step, err := b.Compile(s, want)
		if err != nil {
			t.Fatal(err)
		}
		var in [][]float32
		for i, shape := range s.In() {
			in = append(in, make([]float32, b.Size(shape, step.In[i])))
		}
		out, scratch := make([]float32, b.Size(s.Out(), step.Out)), make([]float32, step.Scratch)
		if n := testing.AllocsPerRun(5, func() { step.Run(out, in, scratch) }); n > 0 {
			t.Errorf("%T: %g allocations", s, n)
		}
	}
}

// TestBlocksAreFilledWithZeros looks behind the last channel of blocked outputs, where routines
// that read blocks expect zeros.
func TestBlocksAreFilledWithZeros(t *testing.T) {
	b, seen := openNative(t, backend.Options{Threads: 2}), 0
	for _, s := range suite.Cases() {
		want := make([]backend.Layout, len(s.In()))
		for i, shape := range s.In() {
			want[i] = plain
			if len(shape) == 4 {
				want[i] = blocked
			}
		}
		step, err := b.Compile(s, want)
		if err != nil {
			t.Fatal(err)
		}
		if step.Out != blocked {
			continue
		}
		seen++
		in := suite.Inputs(s)
		for i, shape := range s.In() {
			x := in[i]
			in[i] = make([]float32, b.Size(shape, step.In[i]))
			if err := b.Reorder(in[i], x, shape, step.In[i], plain); err != nil {
				t.Fatal(err)
			}
		}
		out, _ := suite.Guarded(b.Size(s.Out(), step.Out))
		step.Run(out, in, make([]float32, step.Scratch))
		checkFilled(t, s, out)
	}
	if seen < 50 {
		t.Errorf("looked at %d Specs: too few", seen)
	}
}

func checkFilled(t *testing.T, s kernel.Spec, out []float32) {
	t.Helper()
	shape, block := s.Out(), cpp.Block()
	slab := block * shape[2] * shape[3]
	slabs := (shape[1] + block - 1) / block
	for i, v := range out {
		if c := i/slab%slabs*block + i%block; c >= shape[1] && v != 0 {
			t.Errorf("%T%+v: channel %d of %d is %g", s, s, c, shape[1], v)
			return
		}
	}
}
