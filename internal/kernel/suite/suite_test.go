package suite_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/portable"
	"acol/internal/kernel/suite"
)

// whole compiles graphs as the portable backend computes their Specs. It refuses one Spec, computes
// another otherwise than defined, and a third otherwise in each run.
type whole struct {
	backend.Backend
	t                        *testing.T
	refused, wrong, unsteady kernel.Spec
	programs                 int
	asked                    map[kernel.Spec]int // in how many programs
}

func (w *whole) NewHome([]int) backend.Home { return nil }
func (w *whole) Replicas() int              { return 1 }

func (w *whole) CompileGraph(g backend.Graph) (backend.Program, error) {
	w.programs++
	p := &wholeProgram{of: w}
	for _, i := range g.Outputs {
		s := g.Nodes[i].Spec
		if s == w.refused {
			return nil, errors.New("no such thing here")
		}
		w.asked[s]++
		in := make([]backend.Layout, len(s.In()))
		for k := range in {
			in[k] = suite.LayoutOf(s, k)
		}
		r, err := w.Compile(s, in)
		if err != nil {
			return nil, err
		}
		p.specs, p.routines = append(p.specs, s), append(p.routines, r)
	}
	return p, nil
}

type wholeProgram struct {
	backend.Program
	of       *whole
	specs    []kernel.Spec
	routines []*backend.Routine
	in       [][]float32
	runs     int
}

func (p *wholeProgram) Start(in [][]float32, _ bool) error {
	p.in, p.runs = in, p.runs+1
	return nil
}

func (p *wholeProgram) Finish(out [][]float32) error {
	in := p.in
	for i, s := range p.specs {
		r, n := p.routines[i], len(s.In())
		y := make([]float32, p.of.Size(s.Out(), r.Out))
		r.Run(y, kerneltest.Laid(p.of.t, p.of, s, r, in[:n]), make([]float32, r.Scratch))
		if err := p.of.Reorder(out[i], y, s.Out(), backend.Plain, r.Out); err != nil {
			return err
		}
		in = in[n:]
		switch s {
		case p.of.wrong:
			out[i][0] *= 1.01
		case p.of.unsteady:
			out[i][0] *= 1 + 1e-7*float32(p.runs%2)
		}
	}
	return nil
}

func (p *wholeProgram) Close() error { return nil }

// newWhole gives a backend that is right in all.
func newWhole(t *testing.T) *whole {
	t.Helper()
	w := &whole{Backend: portable.New(1), t: t, asked: map[kernel.Spec]int{}}
	t.Cleanup(w.Close)
	return w
}

// some are three cases that stand in the middle of a program.
func some(t *testing.T) []suite.Check {
	t.Helper()
	var list []suite.Check
	for _, c := range suite.Checks() {
		if add, ok := c.Case.(kernel.Add); ok && add.Shape.Size() > 100 {
			list = append(list, c)
		}
	}
	if len(list) < 3 {
		t.Fatalf("%d cases", len(list))
	}
	return list[:3]
}

func TestChecksTogetherHoldOfTheReferenceOfAllBackends(t *testing.T) {
	w := newWhole(t)
	checks := suite.ChecksFor(w)
	done, of := 0, 0
	errs, err := suite.Together(t.Context(), w, checks, func(d, n int) { done, of = d, n })
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range checks {
		if errs[i] != nil {
			t.Errorf("%s: %v", c.Name, errs[i])
		}
	}
	if done != of {
		t.Errorf("told of %d of %d Specs", done, of)
	}
	for s, n := range w.asked {
		if n != 1 {
			t.Errorf("%T%+v is in %d programs", s, s, n)
		}
	}
	if least := len(w.asked) / 48; w.programs > 2*least {
		t.Errorf("%d Specs in %d programs", len(w.asked), w.programs)
	}
}

func TestChecksTogetherNameWhatDoesNotHold(t *testing.T) {
	cases, checks := some(t), suite.Checks()
	w := newWhole(t)
	w.refused, w.wrong, w.unsteady = cases[0].Case, cases[1].Case, cases[2].Case
	errs, err := suite.Together(t.Context(), w, checks, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		cases[0].Name: "no such thing here", cases[1].Name: "element 0 of ",
		cases[2].Name: "a second run gave other bits",
	}
	for i, c := range checks {
		got := fmt.Sprint(errs[i])
		if part, bad := want[c.Name]; bad != (errs[i] != nil) || !strings.Contains(got, part) {
			t.Errorf("%s: %s", c.Name, got)
		}
	}
}

func TestASurveyNamesWhatDoesNotHold(t *testing.T) {
	cases := some(t)
	kinds := 0
	for _, tc := range []struct {
		refused, wrong kernel.Spec
		worst          string
	}{
		{cases[0].Case, cases[1].Case, fmt.Sprintf("%+v", cases[0].Case)},
		{nil, cases[1].Case, fmt.Sprintf("%+v", cases[1].Case)},
	} {
		w := newWhole(t)
		w.refused, w.wrong = tc.refused, tc.wrong
		err := suite.Survey(t.Context(), w, func(_, _ int, s suite.Surveyed) {
			kinds++
			if s.OK() == (s.Kind == "Add") || s.Cases < 1 {
				t.Errorf("%+v", s)
			}
			if s.Kind == "Add" && (s.Worst != tc.worst || (s.Err != nil) != (tc.refused != nil)) {
				t.Errorf("%+v, want %s", s, tc.worst)
			}
		})
		if err != nil {
			t.Error(err)
		}
	}
	if want := 2 * len(kernel.All()); kinds != want {
		t.Errorf("%d kinds, want %d", kinds, want)
	}
}
