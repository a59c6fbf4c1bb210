// Package kerneltest runs the conformance suite of package suite as tests of a backend: see Conform
// and ConformWhole.
package kerneltest

import (
	"slices"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
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
	for _, check := range suite.Checks() {
		t.Run(check.Name, func(t *testing.T) {
			if check.Subnormal && suite.Flushes(b) {
				t.Skip("the backend takes subnormal numbers for zeros")
			}
			c.run(t, check, backend.NHWC)
			if check.Case != nil && own != backend.NHWC {
				c.run(t, check, own)
			}
		})
	}
	t.Run("reorder", func(t *testing.T) { checkReorder(t, b) })
	t.Run("updates", func(t *testing.T) { checkUpdates(t, b) })
}

// run does a check where tensors of four axes have a layout already. It skips a test of a Spec that
// the backend says it lacks.
func (c *conformance) run(t *testing.T, check suite.Check, four backend.Layout) {
	t.Helper()
	err := check.Run(func(s kernel.Spec, in [][]float32) ([]float32, error) {
		if kind := kernel.Kind(s); slices.Contains(c.lacks, kind) {
			t.Skipf("the backend lacks %s", kind)
		}
		return computeFrom(t, c.b, s, in, four), nil
	})
	if err != nil {
		t.Error(err)
	}
}

// ConformWhole holds a backend that compiles whole graphs to the suite, in few programs. In bf16 it
// computes the cases alone.
func ConformWhole(t *testing.T, b backend.GraphBackend) {
	checks := suite.ChecksFor(b)
	errs, err := suite.Together(t.Context(), b, checks, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, check := range checks {
		t.Run(check.Name, func(t *testing.T) {
			if errs[i] != nil {
				t.Error(errs[i])
			}
		})
	}
}

// ownLayout is the layout that the backend gives to activations by itself.
func (c *conformance) ownLayout(t *testing.T) backend.Layout {
	some := kernel.Add{Dims: 4, Shape: kernel.Shape4{4, 64, 27, 27}}
	r, err := c.b.Compile(some, []backend.Layout{backend.Any, backend.Any})
	if err != nil {
		t.Fatal(err)
	}
	return r.Out
}

// checkLacks compiles a case of each kind of Spec.
func (c *conformance) checkLacks(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range suite.Cases() {
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
