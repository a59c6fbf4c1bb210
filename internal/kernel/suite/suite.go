// Package suite is what every backend is held to: a float64 reference of each Spec, one table of
// cases by family, and what must hold of gradients. Tests run it by package kerneltest; the program
// runs it on the devices of its users.
package suite

import (
	"fmt"
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

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
	properties func() []Check
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
		if LayoutOf(s, i) == backend.Bytes {
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

// LayoutOf is how memory holds an input of a Spec before a backend lays it out.
func LayoutOf(s kernel.Spec, input int) backend.Layout {
	if kernel.ReadsBytes(s, input) {
		return backend.Bytes
	}
	return backend.Plain
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

// The values with rules of their own.
var (
	nan  = float32(math.NaN())
	inf  = float32(math.Inf(1))
	huge = float32(math.MaxFloat32)
)
