package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// tolerance bounds the error of a result, relative to the largest element of the true one. Rounding
// to float32 is 6e-8; sums of a few thousand random terms lose a factor of some
// ten, their blocks' cancellation another.
const tolerance = 4e-6

// conformance checks a backend: each Spec against the reference, what is said of NaN, ties and
// bad labels, and gradients against what they are gradients of.
func conformance(t *testing.T, b Backend) {
	t.Run("reference", func(t *testing.T) { checkReference(t, b) })
	t.Run("random convolutions", func(t *testing.T) { checkRandomConvs(t, b) })
	t.Run("defined cases", func(t *testing.T) { checkDefined(t, b) })
	t.Run("adjoints", func(t *testing.T) { checkAdjoints(t, b) })
	t.Run("finite differences", func(t *testing.T) { checkDifferences(t, b) })
	t.Run("reorder", func(t *testing.T) { checkReorder(t, b) })
}

func checkReference(t *testing.T, b Backend) {
	for _, s := range conformanceSpecs() {
		t.Run(fmt.Sprintf("%T%+v", s, s), func(t *testing.T) {
			c := randomCase(s)
			checkClose(t, compute(t, b, s, c.in), c.want)
		})
	}
}

// sample is a Spec's Plain inputs and what comes of them.
type sample struct {
	in   [][]float32
	want []float64
}

// samples are kept, since the reference is slow and the backends are many.
var samples = map[Spec]sample{}

func randomCase(s Spec) sample {
	c, ok := samples[s]
	if !ok {
		c.in = randomInputs(s)
		c.want = reference(s, c.in)
		samples[s] = c
	}
	return c
}

// randomInputs draws Plain inputs that suit a Spec, the same at each call.
func randomInputs(s Spec) [][]float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	var in [][]float32
	for _, shape := range s.In() {
		in = append(in, random(rng, sizeOf(shape)))
	}
	moreInputs(rng, s, in)
	switch s := s.(type) {
	case SoftmaxLoss:
		randomLabels(rng, in[1], s.K)
	case SoftmaxLossBack:
		randomLabels(rng, in[1], s.K)
	case ClassMap:
		randomLabels(rng, in[1], s.Maps[1])
	case Norm:
		positive(in[1][s.X[1]:])
	case NormBackParams:
		positive(in[1][s.X[1]:])
	case NormBackData:
		positive(in[1][s.X[1]:])
	case NormAct:
		positive(in[1][s.X[1]:])
	case NormActBackParams:
		positive(in[1][s.X[1]:])
	case NormActBackData:
		positive(in[1][s.X[1]:])
	case FoldWeights:
		positive(in[1][s.W[0]:])
	case FoldBias:
		positive(in[0][s.C:])
	}
	return in
}

func sizeOf(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func random(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

func randomLabels(rng *rand.Rand, labels []float32, k int) {
	for i := range labels {
		labels[i] = float32(rng.IntN(k))
	}
}

// positive makes variances of random numbers.
func positive(x []float32) {
	for i, v := range x {
		x[i] = v*v + .1
	}
}

// guard is how many words around each output and scratch are watched.
const guard = 32

// guarded is memory of n NaNs with marks on both sides.
func guarded(n int) (mem []float32, intact func() bool) {
	all := make([]float32, n+2*guard)
	for i := range all {
		all[i] = 12345
	}
	mem = all[guard : guard+n : guard+n]
	for i := range mem {
		mem[i] = float32(math.NaN())
	}
	return mem, func() bool {
		for i, v := range all {
			if (i < guard || i >= guard+n) && v != 12345 {
				return false
			}
		}
		return true
	}
}

// compute runs a Spec on Plain inputs to a Plain output: with memory around outputs watched, inputs compared
// afterwards, and once more in place where that is allowed.
func compute(t *testing.T, b Backend, s Spec, plain [][]float32) []float32 {
	t.Helper()
	layouts := make([]Layout, len(plain))
	for i, shape := range s.In() {
		layouts[i] = natural(shape)
	}
	step, err := b.Compile(s, layouts)
	if err != nil {
		t.Fatal(err)
	}
	in := make([][]float32, len(plain))
	for i, shape := range s.In() {
		in[i] = make([]float32, b.Size(shape, step.In[i]))
		if err := b.Reorder(in[i], plain[i], shape, step.In[i], Plain); err != nil {
			t.Fatal(err)
		}
	}
	kept := make([][]float32, len(in))
	for i := range in {
		kept[i] = slices.Clone(in[i])
	}
	out, outIntact := guarded(b.Size(s.Out(), step.Out))
	scratch, scratchIntact := guarded(step.Scratch)
	step.Run(out, in, scratch)
	if !outIntact() || !scratchIntact() {
		t.Error("wrote beyond its output or scratch memory")
	}
	for i := range in {
		if !sameBits(in[i], kept[i]) {
			t.Errorf("input %d was modified", i)
		}
	}
	again := make([]float32, len(out))
	if i := step.InPlace; i >= 0 {
		again = in[i]
	}
	step.Run(again, in, scratch)
	plainOf := func(x []float32) []float32 {
		y := make([]float32, sizeOf(s.Out()))
		if err := b.Reorder(y, x, s.Out(), Plain, step.Out); err != nil {
			t.Fatal(err)
		}
		return y
	}
	y := plainOf(out)
	if !sameBits(y, plainOf(again)) {
		t.Error("a second run, in place if allowed, gave other bits")
	}
	return y
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}

func checkClose(t *testing.T, got []float32, want []float64) {
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
		if math.IsNaN(g) != math.IsNaN(v) || math.Abs(g-v) > tolerance*scale || math.IsInf(v, 0) && g != v {
			t.Fatalf("element %d of %d is %g, want %g (largest %g)", i, len(want), g, v, scale)
		}
	}
}
