package suite

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Surveyed is what a Survey says of one kind of Spec.
type Surveyed struct {
	Kind  string
	Cases int
	// Error is the largest difference of a result from that of the definition, relative to the
	// largest element of the latter; infinite where one of them alone is no number.
	Error float64
	// Bound is what Error is by rounding at most.
	Bound float64
	// Worst is the case with that difference, or the first that could not be computed.
	Worst string
	// Err is why that case could not be computed; Error counts for nothing then.
	Err error
}

// OK says whether the differences are those of rounding.
func (s *Surveyed) OK() bool { return s.Err == nil && s.Error <= s.Bound }

// surveyBound is what rounding makes of a kind of Spec on a device: ten times what is asked for in
// tests, since their makers sum in orders of their own.
func surveyBound(kind string, p backend.Precision) float64 {
	const (
		exact = 10 * tolerance
		half  = 2 * halfTolerance
		// tf32 has 11 bits of each factor, and rounding is half of the last one.
		product = 1.0 / 1024
	)
	switch {
	case p == backend.BF16:
		return half
	case p == backend.TF32 && strings.HasPrefix(kind, "Conv"):
		return product
	}
	return exact
}

// Survey holds a backend that compiles whole graphs to the definition of every Spec, kind by kind:
// its cases and, but in bf16, what is defined of NaN, ties and the like. Tell is called after each
// kind with how many are done, and how many there are.
func Survey(
	ctx context.Context, b backend.GraphBackend, tell func(done, of int, s Surveyed),
) error {
	kinds, of := surveyCases(b)
	for i, kind := range kinds {
		s := Surveyed{Kind: kind, Cases: len(of[kind]), Bound: surveyBound(kind, b.Precision())}
		if err := s.survey(ctx, b, of[kind]); err != nil {
			return err
		}
		tell(i+1, len(kinds), s)
	}
	return nil
}

// surveyCases lists the kinds of Specs in the suite's order, and the cases of each. Inputs and
// results of cases that the suite draws are missing still.
func surveyCases(b backend.Backend) (kinds []string, of map[string][]defined) {
	of = map[string][]defined{}
	add := func(d defined) {
		kind := kernel.Kind(d.spec)
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
		of[kind] = append(of[kind], d)
	}
	half, flushes := b.Precision() == backend.BF16, Flushes(b)
	for _, f := range families {
		for _, s := range f.cases() {
			add(defined{behaviour: fmt.Sprintf("%+v", s), spec: s})
		}
		for _, d := range f.defined {
			if !half {
				add(d)
			}
		}
		for _, d := range f.subnormal {
			if !half && !flushes {
				add(d)
			}
		}
	}
	return kinds, of
}

// survey computes the cases of a kind, and finds the worst.
func (s *Surveyed) survey(
	ctx context.Context, b backend.GraphBackend, list []defined,
) error {
	requests := make([]*request, len(list))
	for i := range list {
		d := &list[i]
		if d.in == nil {
			sample := drawn(d.spec, b.Precision())
			d.in, d.want = sample.in, sample.want
		}
		requests[i] = &request{spec: d.spec, in: d.in}
	}
	p := newPool(b)
	defer p.close()
	if err := p.answer(ctx, requests, nil); err != nil {
		return err
	}
	for i, r := range requests {
		if r.err != nil {
			s.Err, s.Worst = r.err, list[i].behaviour
			return nil
		}
		if e := apart(r.out, list[i].want); e >= s.Error {
			s.Error, s.Worst = e, list[i].behaviour
		}
	}
	return nil
}

// drawn is inputs of a Spec and what comes of them, for activations of a precision.
func drawn(s kernel.Spec, p backend.Precision) sample {
	if p != backend.BF16 {
		return randomSample(s)
	}
	in := Halved(s, Inputs(s))
	return sample{in, Reference(s, in)}
}

// apart is how far a result is from the true one, relative to the largest element of that.
func apart(got []float32, want []float64) float64 {
	off, largest := 0.0, 1e-3
	for i, v := range want {
		g := float64(got[i])
		switch {
		case math.IsNaN(v) && math.IsNaN(g), math.IsInf(v, 0) && g == v:
			continue
		case math.IsNaN(v) || math.IsNaN(g) || math.IsInf(v, 0):
			return math.Inf(1)
		}
		off, largest = max(off, math.Abs(g-v)), max(largest, math.Abs(v))
	}
	return off / largest
}
