package kernel

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

// everyPortable calls f with a backend for each instruction set of this machine, on one
// and on several threads.
func everyPortable(t *testing.T, f func(t *testing.T, p *Portable)) {
	for _, is := range isas() {
		for _, threads := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s-%d", is.name, threads), func(t *testing.T) {
				p := newPortable(threads, is)
				defer p.Close()
				f(t, p)
			})
		}
	}
}

func TestPortableConforms(t *testing.T) {
	everyPortable(t, func(t *testing.T, p *Portable) { conformance(t, p) })
}

// bigSpecs have work for several threads.
func bigSpecs() []Spec {
	fire := ConvGeom{N: 3, C: 16, H: 27, W: 27, O: 64, KH: 3, KW: 3, StrideH: 1, StrideW: 1, PadH: 1, PadW: 1, DilH: 1, DilW: 1, Groups: 1}
	down := ConvGeom{N: 2, C: 64, H: 14, W: 14, O: 130, KH: 3, KW: 3, StrideH: 2, StrideW: 2, PadH: 1, PadW: 1, DilH: 1, DilW: 1, Groups: 1}
	x := Shape4{4, 64, 27, 27}
	pool := PoolGeom{N: 4, C: 64, H: 27, W: 27, KH: 3, KW: 3, StrideH: 2, StrideW: 2, OH: 13, OW: 13}
	return append(moreBigSpecs(),
		Conv{fire, true}, ConvBackData{fire}, ConvBackWeights{fire}, Conv{down, false}, ConvBackData{down}, ConvBackWeights{down},
		ReLU{x}, ReLUBack{x}, Add{4, x}, ChannelSum{x}, MaxPool{pool}, MaxPoolBack{pool}, AvgPool{pool}, AvgPoolBack{pool},
		GlobalAvgPool{x}, GlobalAvgPoolBack{x}, NormStats{x}, Norm{x, 1e-5}, NormBackParams{x, 1e-5}, NormBackData{x, 1e-5, false},
		Concat{N: 4, H: 27, W: 27, Count: 2, Parts: [MaxConcat]int{30, 50}}, ChannelSlice{x, 3, 60}, Erase{x, .1, Greater}, ClassMap{x},
		SoftmaxLoss{64, 100, false}, SoftmaxLossBack{64, 100, true}, Row{2, 64, 1},
		ConvAct{Conv: Conv{fire, true}, Residual: true, Act: ActReLU}, AddReLU{x}, ReLUBackAdd{x}, NormAct{Norm{x, 1e-5}, true, ActReLU},
		NormActBackParams{NormBackParams{x, 1e-5}, ActReLU}, NormActBackData{NormBackData{x, 1e-5, false}, ActReLU6}, FoldWeights{down.Weights(), 1e-5}, FoldBias{64, 1e-5, true},
	)
}

func TestThreadsDoNotChangeAnyBit(t *testing.T) {
	for _, is := range isas() {
		backends := []*Portable{newPortable(1, is), newPortable(2, is), newPortable(5, is)}
		for _, s := range bigSpecs() {
			in := randomInputs(s)
			want := compute(t, backends[0], s, in)
			for _, p := range backends[1:] {
				if !sameBits(want, compute(t, p, s, in)) {
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
		p := NewPortable(threads)
		for _, s := range bigSpecs() {
			layouts := make([]Layout, len(s.In()))
			for i, shape := range s.In() {
				layouts[i] = natural(shape)
			}
			step, err := p.Compile(s, layouts)
			if err != nil {
				t.Fatal(err)
			}
			in, out, scratch := randomInputs(s), make([]float32, sizeOf(s.Out())), make([]float32, step.Scratch)
			if n := testing.AllocsPerRun(5, func() { step.Run(out, in, scratch) }); n > 0 {
				t.Errorf("%T on %d threads: %g allocations", s, threads, n)
			}
		}
		p.Close()
	}
}

// unknown is a Spec that no backend knows.
type unknown struct{ ReLU }

func TestCompileRefuses(t *testing.T) {
	p := NewPortable(1)
	defer p.Close()
	good := ConvGeom{N: 1, C: 4, H: 5, W: 5, O: 6, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1}
	odd, large, strided, still := good, good, good, good
	odd.Groups, large.KH, strided.KW, strided.StrideW, still.StrideW = 3, 6, 6, 2, 0
	x := Shape4{1, 2, 3, 4}
	for _, c := range []struct {
		s    Spec
		in   int
		want string
	}{
		{Conv{odd, false}, 2, "groups"},
		{ConvBackData{large}, 2, "kernel larger"},
		{Conv{strided, false}, 2, "kernel larger"},
		{ConvBackWeights{still}, 2, "strides"},
		{Conv{good, true}, 2, "2 layouts for 3 inputs"},
		{ReLU{Shape4{1, 0, 3, 4}}, 1, "empty"},
		{Add{5, x}, 2, "5 dimensions"},
		{Concat{N: 1, H: 1, W: 1}, 0, "0 parts"},
		{ChannelSlice{x, 1, 3}, 1, "[1,3) of 2 channels"},
		{Row{2, 3, 2}, 1, "2 of 2"},
		{MaxPool{PoolGeom{1, 1, 4, 4, 2, 2, 0, 1, 0, 0, 1, 1}}, 1, "strides"},
		{LRN{x, 0, 1, .75, 1}, 1, "size 0"},
		{LayerNorm{x, 0}, 3, "epsilon 0"},
		{AttentionDrop{x, 2}, 2, "threshold 2"},
		{unknown{ReLU{x}}, 1, "no kernel for kernel.unknown"},
	} {
		if _, err := p.Compile(c.s, make([]Layout, c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("compiling %T %+v: error %v, want one about %q", c.s, c.s, err, c.want)
		}
	}
}

func TestElementwiseStepsTakeTheLayoutTheyFind(t *testing.T) {
	p := NewPortable(1)
	defer p.Close()
	x := Shape4{1, 2, 3, 4}
	for _, s := range []Spec{ReLUBack{x}, Add{4, x}} {
		step, err := p.Compile(s, []Layout{Plain, NHWC})
		if err != nil || step.Out != Plain || step.In[0] != Plain || step.In[1] != Plain {
			t.Errorf("%T of Plain and NHWC: %+v, %v, want Plain throughout", s, step, err)
		}
	}
	if step, err := p.Compile(Add{2, x}, []Layout{Any, Any}); err != nil || step.Out != Plain {
		t.Errorf("sum of matrices: %+v, %v, want Plain", step, err)
	}
}

func TestParallelCoversEachIndexOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 7} {
		p := NewPortable(threads)
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
	seen := map[string]Spec{}
	for _, s := range conformanceSpecs() {
		name := fmt.Sprintf("%T %+v", s, s)
		if other, ok := seen[name]; ok && other != s {
			t.Errorf("%#v and %#v are both %s", s, other, name)
		}
		seen[name] = s
	}
}
