package suite

import (
	"context"
	"errors"
	"iter"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Together runs checks on a backend that compiles whole graphs, which takes it long for each: what
// all checks wait for is computed by few programs, and each Spec is compiled once. It gives the
// error of each check, nil where all holds. Tell, which may be nil, is called with how many of the
// Specs that are asked for at a time are computed.
func Together(
	ctx context.Context, b backend.GraphBackend, checks []Check, tell func(done, of int),
) ([]error, error) {
	errs := make([]error, len(checks))
	live := make([]*waiting, len(checks))
	defer func() {
		for _, w := range live {
			w.stop()
		}
	}()
	for i, c := range checks {
		live[i] = await(c, &errs[i])
	}
	pool := newPool(b)
	defer pool.close()
	for {
		var asked []*request
		for _, w := range live {
			if r := w.next(); r != nil {
				asked = append(asked, r)
			}
		}
		if len(asked) == 0 {
			return errs, nil
		}
		if err := pool.answer(ctx, asked, tell); err != nil {
			return nil, err
		}
	}
}

// request is a Spec that a check waits for, and the answer.
type request struct {
	spec kernel.Spec
	in   [][]float32
	out  []float32
	err  error
}

// waiting is a check that goes on when what it waits for is there.
type waiting struct {
	next func() *request // nil at its end
	stop func()
}

// await makes a coroutine of a check, whose error goes to err in the end.
func await(c Check, err *error) *waiting {
	next, stop := iter.Pull(func(yield func(*request) bool) {
		*err = c.Run(func(s kernel.Spec, in [][]float32) ([]float32, error) {
			r := &request{spec: s, in: in}
			if !yield(r) {
				return nil, errStopped
			}
			return r.out, r.err
		})
	})
	return &waiting{stop: stop, next: func() *request {
		r, _ := next()
		return r
	}}
}

var errStopped = errors.New("the check was stopped")

// pool holds the programs that were compiled so far.
type pool struct {
	backend backend.GraphBackend
	of      map[kernel.Spec]*bundle
	refused map[kernel.Spec]error
}

func newPool(b backend.GraphBackend) *pool {
	return &pool{backend: b, of: map[kernel.Spec]*bundle{}, refused: map[kernel.Spec]error{}}
}

// mostTogether is how many Specs one program computes at most. With more, compilers gain little,
// and a Spec that fails is found in more steps.
const mostTogether = 48

// answer computes what checks ask for.
func (p *pool) answer(ctx context.Context, asked []*request, tell func(done, of int)) error {
	queues := map[kernel.Spec][]*request{}
	var order, fresh []kernel.Spec
	for _, r := range asked {
		if queues[r.spec] == nil {
			order = append(order, r.spec)
			if p.of[r.spec] == nil && p.refused[r.spec] == nil {
				fresh = append(fresh, r.spec)
			}
		}
		queues[r.spec] = append(queues[r.spec], r)
	}
	of := len(fresh)
	for done := 0; len(fresh) > 0; {
		some := fresh[:min(mostTogether, len(fresh))]
		fresh = fresh[len(some):]
		p.build(some, queues)
		if err := ctx.Err(); err != nil {
			return err
		}
		if done += len(some); tell != nil {
			tell(done, of)
		}
	}
	for _, s := range order {
		if err := p.refused[s]; err != nil {
			for _, r := range queues[s] {
				r.err = err
			}
			delete(queues, s)
		}
	}
	for _, s := range order {
		for b := p.of[s]; len(queues[s]) > 0; {
			b.step(queues)
		}
	}
	return nil
}

// build makes a program of Specs and runs it once. Where that fails, it does so with each half of
// them, until it has the Specs that fail.
func (p *pool) build(specs []kernel.Spec, queues map[kernel.Spec][]*request) {
	first := make([][][]float32, len(specs))
	for i, s := range specs {
		first[i] = queues[s][0].in
	}
	b, err := newBundle(p.backend, specs, first)
	switch half := len(specs) / 2; {
	case err == nil:
		for _, s := range specs {
			p.of[s] = b
		}
	case half == 0:
		p.refused[specs[0]] = err
	default:
		p.build(specs[:half], queues)
		p.build(specs[half:], queues)
	}
}

func (p *pool) close() {
	closed := map[*bundle]bool{}
	for _, b := range p.of {
		if !closed[b] {
			_ = b.program.Close() // nobody could do anything about it
			closed[b] = true
		}
	}
}

// bundle is a program that computes several Specs, each from its own inputs.
type bundle struct {
	program backend.Program
	specs   []kernel.Spec
	in      [][][]float32 // of each Spec
}

// newBundle compiles a program and tries it.
func newBundle(
	b backend.GraphBackend, specs []kernel.Spec, in [][][]float32,
) (*bundle, error) {
	var g backend.Graph
	for _, s := range specs {
		n := backend.GraphNode{Spec: s, Shape: s.Out()}
		for k, shape := range s.In() {
			n.In = append(n.In, len(g.Nodes))
			leaf := backend.GraphNode{Shape: shape, Bytes: kernel.ReadsBytes(s, k)}
			g.Nodes = append(g.Nodes, leaf)
		}
		g.Outputs = append(g.Outputs, len(g.Nodes))
		g.Nodes = append(g.Nodes, n)
	}
	program, err := b.CompileGraph(g)
	if err != nil {
		return nil, err
	}
	made := &bundle{program, specs, in}
	if _, err := made.run(); err != nil {
		return nil, errors.Join(err, program.Close())
	}
	return made, nil
}

// run computes all Specs of the bundle.
func (b *bundle) run() ([][]float32, error) {
	var in, out [][]float32
	var intact []func() bool
	for i, s := range b.specs {
		in = append(in, b.in[i]...)
		mem, whole := Guarded(kernel.Elements(s.Out()))
		out, intact = append(out, mem), append(intact, whole)
	}
	if err := backend.Run(b.program, out, in, true); err != nil {
		return nil, err
	}
	for _, whole := range intact {
		if !whole() {
			return nil, errors.New("a program wrote beyond its output")
		}
	}
	return out, nil
}

// step answers the next request for each Spec of the bundle. The others are computed too, from
// what they had.
func (b *bundle) step(queues map[kernel.Spec][]*request) {
	for i, s := range b.specs {
		if q := queues[s]; len(q) > 0 {
			b.in[i] = q[0].in
		}
	}
	out, err := b.run()
	again, twice := b.run()
	err = errors.Join(err, twice)
	for i, s := range b.specs {
		q := queues[s]
		if len(q) == 0 {
			continue
		}
		if q[0].err = err; err == nil {
			if q[0].out = out[i]; !SameBits(out[i], again[i]) {
				q[0].err = errors.New("a second run gave other bits")
			}
		}
		queues[s] = q[1:]
	}
}
