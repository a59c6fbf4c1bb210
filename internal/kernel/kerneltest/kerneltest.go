// Package kerneltest is the conformance suite of the backends. It holds a float64 reference of
// every Spec and one table of cases, by family, which each backend's own tests run: see Conform.
package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Each calls f with options for each backend in float32. One that this program or machine lacks
// is skipped, and the test says why.
func Each(t *testing.T, all []backend.Kernels, f func(t *testing.T, o backend.Options)) {
	const threads = 2 // tests are small
	for _, k := range all {
		t.Run(k.Name, func(t *testing.T) {
			if err := k.Missing(backend.FP32); err != nil {
				t.Skip(err)
			}
			f(t, backend.Options{Kernels: k.Name, Threads: threads})
		})
	}
}

// family is what the suite knows of the Specs of one kind.
type family struct {
	// cases are shapes that a backend could get wrong: odd sizes, one image, one pixel, one
	// channel, blocks that do not fill.
	cases func() []kernel.Spec
	// large are Specs with work for several threads.
	large []kernel.Spec
	// suit turns random inputs into such as a Spec may have, for example positive variances; nil
	// leaves them as they are.
	suit func(rng *rand.Rand, s kernel.Spec, in [][]float32)
	// reference computes a Spec of the family by its definition; nil is another family's Spec.
	reference func(s kernel.Spec, in [][]float32) []float64
	// defined are results that arithmetic alone does not say: of NaN, infinities, ties.
	defined []defined
	// subnormal are those of numbers below 2^-126, which a backend may take for zeros.
	subnormal []defined
	// properties check gradients and what else holds for a whole family.
	properties func(t *testing.T, c *conformance)
}

// families is the table of the suite. It is filled in here, since references of fused Specs are
// made of those of others.
var families []*family

func init() {
	families = []*family{
		&convolutions, &curves, &pools, &norms, &layerNorms, &responseNorms,
		&joins, &attentions, &maps, &losses, &guides, &normalizations, &moves,
	}
}

// defined is a case with its result.
type defined struct {
	behaviour string
	spec      kernel.Spec
	in        [][]float32
	want      []float64
}

// flusher is a backend that may take subnormal numbers for zeros.
type flusher interface{ FlushesSubnormals() bool }

// Cases lists the Specs that every backend is held to the reference on.
func Cases() []kernel.Spec {
	var list []kernel.Spec
	for _, f := range families {
		list = append(list, f.cases()...)
	}
	return list
}

// Large lists Specs with work for several threads.
func Large() []kernel.Spec {
	var list []kernel.Spec
	for _, f := range families {
		list = append(list, f.large...)
	}
	return list
}

// Reference computes a Spec in float64 by its definition, element by element. All tensors are
// Plain.
func Reference(s kernel.Spec, in [][]float32) []float64 {
	for _, f := range families {
		if y := f.reference(s, in); y != nil {
			return y
		}
	}
	panic(fmt.Sprintf("no reference for %T", s))
}

// Inputs draws Plain inputs that suit a Spec, the same at each call.
func Inputs(s kernel.Spec) [][]float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	var in [][]float32
	for i, shape := range s.In() {
		n := kernel.Elements(shape)
		if layoutOf(s, i) == backend.Bytes {
			n = backend.WordsOfBytes(n)
		}
		in = append(in, Random(rng, n))
	}
	for _, f := range families {
		if f.suit != nil {
			f.suit(rng, s, in)
		}
	}
	return in
}

// sample is Plain inputs of a Spec and what comes of them.
type sample struct {
	in   [][]float32
	want []float64
}

// samples are kept, since the reference is slow and the backends are many.
var samples = map[kernel.Spec]sample{}

func randomSample(s kernel.Spec) sample {
	c, ok := samples[s]
	if !ok {
		c.in = Inputs(s)
		c.want = Reference(s, c.in)
		samples[s] = c
	}
	return c
}

// conformance is a run of the suite on one backend.
type conformance struct {
	b     backend.Backend
	lacks []string
}

// Conform holds a backend to the whole suite: each Spec to its reference, results of NaN, ties and
// bad labels to what their Specs say, gradients to what they are gradients of. lacks names the
// kinds of Specs that the backend has no code for; for these Compile must give an
// UnsupportedError, for all others it must not.
func Conform(t *testing.T, b backend.Backend, lacks ...string) {
	c := &conformance{b, lacks}
	t.Run("specs", c.checkLacks)
	own := c.ownLayout(t)
	for _, s := range Cases() {
		t.Run(fmt.Sprintf("%s%+v", kernel.Kind(s), s), func(t *testing.T) {
			sample := randomSample(s)
			Close(t, c.compute(t, s, sample.in), sample.want)
			if own != backend.NHWC {
				Close(t, computeFrom(t, b, s, sample.in, own), sample.want)
			}
		})
	}
	for _, f := range families {
		for _, d := range f.defined {
			t.Run(d.behaviour, func(t *testing.T) { Close(t, c.compute(t, d.spec, d.in), d.want) })
		}
		for _, d := range f.subnormal {
			t.Run(d.behaviour, func(t *testing.T) {
				if b, ok := b.(flusher); ok && b.FlushesSubnormals() {
					t.Skip("the backend takes subnormal numbers for zeros")
				}
				Close(t, c.compute(t, d.spec, d.in), d.want)
			})
		}
		if f.properties != nil {
			f.properties(t, c)
		}
	}
	t.Run("reorder", func(t *testing.T) { checkReorder(t, b) })
	t.Run("updates", func(t *testing.T) { checkUpdates(t, b) })
}

// ownLayout is the layout that the backend gives to activations by itself.
func (c *conformance) ownLayout(t *testing.T) backend.Layout {
	r, err := c.b.Compile(kernel.Add{Dims: 4, Shape: largeShape},
		[]backend.Layout{backend.Any, backend.Any})
	if err != nil {
		t.Fatal(err)
	}
	return r.Out
}

// checkLacks compiles a case of each kind of Spec.
func (c *conformance) checkLacks(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Cases() {
		kind := kernel.Kind(s)
		if seen[kind] {
			continue
		}
		seen[kind] = true
		_, err := c.b.Compile(s, layouts(s, backend.NHWC))
		if lacking := isUnsupported(err); lacking != slices.Contains(c.lacks, kind) {
			t.Errorf("%s: %v; listed as lacking: %v", kind, err, !lacking)
		}
	}
	for _, s := range kernel.All() {
		if !seen[kernel.Kind(s)] {
			t.Errorf("%s has no case in the suite", kernel.Kind(s))
		}
	}
}

// compute is Compute, which skips a test of a Spec that the backend says it lacks.
func (c *conformance) compute(t *testing.T, s kernel.Spec, in [][]float32) []float32 {
	t.Helper()
	if kind := kernel.Kind(s); slices.Contains(c.lacks, kind) {
		t.Skipf("the backend lacks %s", kind)
	}
	return Compute(t, c.b, s, in)
}

// The values with rules of their own.
var (
	nan  = float32(math.NaN())
	inf  = float32(math.Inf(1))
	huge = float32(math.MaxFloat32)
)
