package suite

import (
	"errors"
	"fmt"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Check is one thing that the suite holds a backend to.
type Check struct {
	Name string
	// Case is the Spec of a check that computes it once on drawn inputs; nil for other checks.
	Case kernel.Spec
	// Subnormal says that the check is of numbers below 2^-126.
	Subnormal bool

	run func(r *run)
}

// Compute computes a Spec on Plain inputs, which stay as they are, to a Plain output.
type Compute func(s kernel.Spec, in [][]float32) ([]float32, error)

// Checks lists the whole suite: each Spec beside its reference, results of NaN, ties and bad labels
// beside what their Specs say, gradients beside what they are gradients of.
func Checks() []Check {
	var list []Check
	for _, s := range Cases() {
		list = append(list, caseOf(fmt.Sprintf("%s%+v", kernel.Kind(s), s), s))
	}
	for _, f := range families {
		for _, d := range f.defined {
			list = append(list, Check{Name: d.behaviour, run: d.check})
		}
		for _, d := range f.subnormal {
			list = append(list, Check{Name: d.behaviour, run: d.check, Subnormal: true})
		}
		if f.properties != nil {
			list = append(list, f.properties()...)
		}
	}
	return list
}

// HalfChecks are the cases for a backend whose activations are bfloat16.
func HalfChecks() []Check {
	var list []Check
	for _, s := range Cases() {
		list = append(list, Check{
			Name: fmt.Sprintf("%s%+v", kernel.Kind(s), s), Case: s,
			run: func(r *run) {
				in := Halved(s, Inputs(s))
				r.hold(CloseHalf(r.compute(s, in), Reference(s, in)))
			},
		})
	}
	return list
}

// ChecksFor are those for a backend: in bf16 the cases, else the whole suite but for what it may
// take for zeros.
func ChecksFor(b backend.Backend) []Check {
	if b.Precision() == backend.BF16 {
		return HalfChecks()
	}
	var list []Check
	for _, c := range Checks() {
		if !c.Subnormal || !Flushes(b) {
			list = append(list, c)
		}
	}
	return list
}

// flusher is a backend that may take subnormal numbers for zeros.
type flusher interface{ FlushesSubnormals() bool }

// Flushes says whether a backend may take numbers below 2^-126 for zeros.
func Flushes(b backend.Backend) bool {
	f, ok := b.(flusher)
	return ok && f.FlushesSubnormals()
}

// caseOf holds a Spec to its reference on drawn inputs.
func caseOf(name string, s kernel.Spec) Check {
	return Check{Name: name, Case: s, run: func(r *run) {
		sample := randomSample(s)
		r.close(r.compute(s, sample.in), sample.want)
	}}
}

func (d defined) check(r *run) { r.close(r.compute(d.spec, d.in), d.want) }

// Run does a check with what computes Specs, once or several times. The error is what does not
// hold, or that of computing.
func (c Check) Run(compute Compute) (err error) {
	r := &run{of: compute}
	defer func() {
		switch v := recover(); v.(type) {
		case nil, halted:
			err = errors.Join(r.errs...)
		default:
			panic(v)
		}
	}()
	c.run(r)
	return nil
}

// halted ends a check early, as a panic.
type halted struct{}

// run is a check under way.
type run struct {
	of   Compute
	errs []error
}

// compute computes a Spec. Where that fails, the check ends.
func (r *run) compute(s kernel.Spec, in [][]float32) []float32 {
	y, err := r.of(s, in)
	if err != nil {
		r.errs = append(r.errs, err)
		panic(halted{})
	}
	return y
}

// hold takes in what does not hold; nil is nothing.
func (r *run) hold(err error) {
	if err != nil {
		r.errs = append(r.errs, err)
	}
}

// close holds a result to the true one within the tolerance of float32.
func (r *run) close(got []float32, want []float64) { r.hold(Close(got, want)) }

func (r *run) errorf(format string, args ...any) { r.hold(fmt.Errorf(format, args...)) }
