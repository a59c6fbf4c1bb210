package kerneltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

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
	// Worst is the case with that difference.
	Worst string
	// Err is why the backend could not compute the cases; the other figures are zero then.
	Err error
}

// surveyBound is what float32 on a device may round to: ten times what is asked for in tests, since
// their makers sum in orders of their own.
const surveyBound = 10 * tolerance

// OK says whether the differences are those of rounding.
func (s *Surveyed) OK() bool { return s.Err == nil && s.Error <= surveyBound }

// Survey holds a backend that compiles whole graphs to the definition of every Spec, as Conform
// does without its properties: all cases of a kind are one program. Tell is called after each kind
// with how many are done, and how many there are. Numbers below 2^-126 are left out where the
// backend may take them for zeros.
func Survey(
	ctx context.Context, b backend.GraphBackend, tell func(done, of int, s Surveyed),
) error {
	kinds, of := surveyCases(b)
	for i, kind := range kinds {
		if err := ctx.Err(); err != nil {
			return err
		}
		s := Surveyed{Kind: kind, Cases: len(of[kind])}
		s.Error, s.Worst, s.Err = survey(b, of[kind])
		tell(i+1, len(kinds), s)
	}
	return nil
}

// surveyCases lists the kinds of Specs in the suite's order, and the cases of each. Results of
// cases that the suite draws are missing still.
func surveyCases(b backend.Backend) (kinds []string, of map[string][]defined) {
	of = map[string][]defined{}
	add := func(d defined) {
		kind := kernel.Kind(d.spec)
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
		of[kind] = append(of[kind], d)
	}
	flushes, ok := b.(flusher)
	for _, f := range families {
		for _, s := range f.cases() {
			add(defined{behaviour: fmt.Sprintf("%+v", s), spec: s})
		}
		for _, d := range f.defined {
			add(d)
		}
		if !ok || !flushes.FlushesSubnormals() {
			for _, d := range f.subnormal {
				add(d)
			}
		}
	}
	return kinds, of
}

// survey computes cases in one program, and finds the worst.
func survey(b backend.GraphBackend, list []defined) (off float64, worst string, err error) {
	var g backend.Graph
	var in, out [][]float32
	for i, d := range list {
		if d.in == nil {
			sample := randomSample(d.spec)
			list[i].in, list[i].want = sample.in, sample.want
		}
		n := backend.GraphNode{Spec: d.spec, Shape: d.spec.Out()}
		for k, shape := range d.spec.In() {
			n.In = append(n.In, len(g.Nodes))
			g.Nodes = append(g.Nodes, backend.GraphNode{
				Shape: shape, Bytes: kernel.ReadsBytes(d.spec, k),
			})
			in = append(in, list[i].in[k])
		}
		g.Outputs = append(g.Outputs, len(g.Nodes))
		g.Nodes = append(g.Nodes, n)
		out = append(out, make([]float32, kernel.Elements(d.spec.Out())))
	}
	p, err := b.CompileGraph(g)
	if err != nil {
		return 0, "", err
	}
	if err := backend.Run(p, out, in, true); err != nil {
		return 0, "", errors.Join(err, p.Close())
	}
	for i, d := range list {
		if e := apart(out[i], list[i].want); e >= off {
			off, worst = e, d.behaviour
		}
	}
	return off, worst, p.Close()
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
