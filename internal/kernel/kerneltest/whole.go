package kerneltest

import (
	"errors"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
)

// Whole is a backend that compiles whole graphs, each output of which is a Spec of leaves, as
// another backend computes their Specs. Some it gets wrong, if told to.
type Whole struct {
	backend.Backend
	// Refused is a Spec that does not compile, Wrong one whose first value is not what is defined,
	// and Unsteady one whose first value is another in each run. Nil is none.
	Refused, Wrong, Unsteady kernel.Spec
	// Programs counts the programs that have each Spec, and Compiled all programs.
	Programs map[kernel.Spec]int
	Compiled int

	t *testing.T
}

// NewWhole gives a backend that computes as b does, which it closes after the test.
func NewWhole(t *testing.T, b backend.Backend) *Whole {
	t.Helper()
	w := &Whole{Backend: b, Programs: map[kernel.Spec]int{}, t: t}
	t.Cleanup(w.Close)
	return w
}

// NewHome gives none: a Whole has no homes.
func (w *Whole) NewHome([]int) backend.Home { return nil }

// Replicas is 1.
func (w *Whole) Replicas() int { return 1 }

// CompileGraph implements backend.GraphBackend.
func (w *Whole) CompileGraph(g backend.Graph) (backend.Program, error) {
	w.Compiled++
	p := &wholeProgram{of: w}
	for _, i := range g.Outputs {
		s := g.Nodes[i].Spec
		if s == w.Refused {
			return nil, errors.New("there is no such computation here")
		}
		w.Programs[s]++
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

// wholeProgram is one run at a time of a graph of a Whole.
type wholeProgram struct {
	backend.Program
	of       *Whole
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
		r.Run(y, Laid(p.of.t, p.of, s, r, in[:n]), make([]float32, r.Scratch))
		if err := p.of.Reorder(out[i], y, s.Out(), backend.Plain, r.Out); err != nil {
			return err
		}
		in = in[n:]
		switch s {
		case p.of.Wrong:
			out[i][0] *= 1.01
		case p.of.Unsteady:
			out[i][0] *= 1 + 1e-6*float32(p.runs%2)
		}
	}
	return nil
}

func (p *wholeProgram) Close() error { return nil }
