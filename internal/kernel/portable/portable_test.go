package portable

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/suite"
)

// everyPortable calls f with a backend for each instruction set of this machine, on one
// and on several threads.
func everyPortable(t *testing.T, f func(t *testing.T, p *Backend)) {
	for _, is := range isas() {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s-%d", is.name, threads), func(t *testing.T) {
				p := newBackend(threads, is)
				defer p.Close()
				f(t, p)
			})
		}
	}
}

func TestPortableConforms(t *testing.T) {
	everyPortable(t, func(t *testing.T, p *Backend) { kerneltest.Conform(t, p) })
}

func TestThreadsDoNotChangeAnyBit(t *testing.T) {
	for _, is := range isas() {
		backends := []*Backend{newBackend(1, is), newBackend(2, is), newBackend(5, is)}
		for _, s := range suite.Large() {
			in := suite.Inputs(s)
			want := kerneltest.Compute(t, backends[0], s, in)
			for _, p := range backends[1:] {
				if !suite.SameBits(want, kerneltest.Compute(t, p, s, in)) {
					t.Errorf("%s: %T on %d threads differs from one thread", is.name, s, p.Threads())
				}
			}
		}
		for _, p := range backends {
			p.Close()
		}
	}
}

func TestRunDoesNotAllocate(t *testing.T) {
	for _, threads := range []int{1, 2} {
		p := New(threads)
		for _, s := range suite.Large() {
			want := make([]backend.Layout, len(s.In()))
			for i, shape := range s.In() {
				want[i] = natural(shape)
			}
			step, err := p.Compile(s, want)
			if err != nil {
				t.Fatal(err)
			}
			in, out, scratch := suite.Inputs(s), make([]float32,
				kernel.Elements(s.Out())), make([]float32, step.Scratch)
			if n := testing.AllocsPerRun(5, func() { step.Run(out, in, scratch) }); n > 0 {
				t.Errorf("%T on %d threads: %g allocations", s, threads, n)
			}
		}
		p.Close()
	}
}

// unknown is a Spec that no backend knows.
type unknown struct{ kernel.Curve }

func TestCompileRefuses(t *testing.T) {
	p := New(1)
	defer p.Close()
	good := kernel.ConvGeom{N: 1, C: 4, H: 5, W: 5, O: 6, KH: 3, KW: 3, StrideH: 1, StrideW: 1,
		DilH: 1, DilW: 1, Groups: 1}
	odd, large, strided, still := good, good, good, good
	odd.Groups, large.KH, strided.KW, strided.StrideW, still.StrideW = 3, 6, 6, 2, 0
	x := kernel.Shape4{1, 2, 3, 4}
	for _, c := range []struct {
		s    kernel.Spec
		in   int
		want string
	}{
		{kernel.Conv{ConvGeom: odd}, 2, "groups"},
		{kernel.ConvBackData{ConvGeom: large}, 2, "kernel larger"},
		{kernel.Conv{ConvGeom: strided}, 2, "kernel larger"},
		{kernel.ConvBackWeights{ConvGeom: still}, 2, "strides"},
		{kernel.Conv{ConvGeom: good, Bias: true}, 2, "2 layouts for 3 inputs"},
		{kernel.Curve{F: kernel.ReLU, X: kernel.Shape4{1, 0, 3, 4}}, 1, "empty"},
		{kernel.Add{Dims: 5, Shape: x}, 2, "5 dimensions"},
		{kernel.Concat{N: 1, H: 1, W: 1}, 0, "0 parts"},
		{kernel.ChannelSlice{X: x, From: 1, To: 3}, 1, "[1,3) of 2 channels"},
		{kernel.Row{Rows: 2, C: 3, I: 2}, 1, "2 of 2"},
		{kernel.MaxPool{PoolGeom: kernel.PoolGeom{N: 1, C: 1, H: 4, W: 4, KH: 2, KW: 2, StrideW: 1, OH: 1,
			OW: 1}}, 1, "strides"},
		{kernel.LRN{X: x, Alpha: 1, Beta: .75, K: 1}, 1, "size 0"},
		{kernel.LayerNorm{X: x}, 3, "epsilon 0"},
		{kernel.AttentionDrop{X: x, Threshold: 2}, 2, "threshold 2"},
		{kernel.Curve{X: x}, 1, "curve: no activation"},
		{kernel.CurveBack{F: 99, X: x}, 2, "curve: no activation"},
		{kernel.ConvAct{Conv: kernel.Conv{ConvGeom: good}, Act: kernel.SiLU}, 2,
			"convolution: SiLU is not fused"},
		{kernel.NormAct{Norm: kernel.Norm{X: x}, Act: kernel.GELU}, 4, "batch norm: GELU is not fused"},
		{kernel.Erase{X: x, Cmp: "lt"}, 2, `comparison "lt" is not one of gt, ge`},
		{unknown{kernel.Curve{F: kernel.ReLU, X: x}}, 1, "no kernel for portable.unknown"},
	} {
		if _, err := p.Compile(c.s, make([]backend.Layout, c.in)); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("compiling %T %+v: error %v, want one about %q", c.s, c.s, err, c.want)
		}
	}
}

func TestElementwiseStepsTakeTheLayoutTheyFind(t *testing.T) {
	p := New(1)
	defer p.Close()
	x := kernel.Shape4{1, 2, 3, 4}
	for _, s := range []kernel.Spec{kernel.CurveBack{F: kernel.ReLU, X: x},
		kernel.Add{Dims: 4, Shape: x}} {
		step, err := p.Compile(s, layouts{plain, nhwc})
		if err != nil || step.Out != plain || step.In[0] != plain || step.In[1] != plain {
			t.Errorf("%T of Plain and NHWC: %+v, %v, want Plain throughout", s, step, err)
		}
	}
	if step, err := p.Compile(kernel.Add{Dims: 2, Shape: x},
		layouts{backend.Any, backend.Any}); err != nil || step.Out != plain {
		t.Errorf("sum of matrices: %+v, %v, want Plain", step, err)
	}
}

func TestParallelCoversEachIndexOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 7} {
		p := New(threads)
		for _, n := range []int{0, 1, 5, 64, 1000} {
			for _, grain := range []int{0, 1, 16, 5000} {
				seen := make([]atomic.Int32, n)
				p.Parallel(n, grain, func(lo, hi int) {
					if lo%max(grain, 1) != 0 || lo >= hi || hi > n {
						t.Errorf("%d by %d on %d threads: range [%d,%d)", n, grain, threads, lo, hi)
					}
					for i := lo; i < hi; i++ {
						seen[i].Add(1)
					}
				})
				for i := range seen {
					if c := seen[i].Load(); c != 1 {
						t.Fatalf("%d by %d on %d threads: index %d was visited %d times", n, grain, threads, i, c)
					}
				}
			}
		}
		p.Close()
		sum := 0
		p.Parallel(10, 1, func(lo, hi int) { sum += hi - lo })
		if sum != 10 {
			t.Errorf("after Close %d of 10 indices were visited", sum)
		}
	}
}

func TestSpecsHaveDistinctNames(t *testing.T) {
	seen := map[string]kernel.Spec{}
	for _, s := range suite.Cases() {
		name := fmt.Sprintf("%T %+v", s, s)
		if other, ok := seen[name]; ok && other != s {
			t.Errorf("%#v and %#v are both %s", s, other, name)
		}
		seen[name] = s
	}
}
