package engine_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/portable"
	"acol/internal/kernel/suite"
	"acol/internal/op"
)

// wholeBackend compiles whole graphs into programs that compute by the definitions of the Specs.
type wholeBackend struct {
	backend.Backend
	programs []*wholeProgram
	homes    []*wholeHome
}

func (b *wholeBackend) CompileGraph(g backend.Graph) (backend.Program, error) {
	p := &wholeProgram{graph: g}
	b.programs = append(b.programs, p)
	return p, nil
}

// wholeHome is memory that stands for a device's.
type wholeHome struct {
	value        []float32
	reads, write int // how often it was copied out and in
	fails        error
}

func (b *wholeBackend) Replicas() int { return 1 }

func (b *wholeBackend) NewHome(shape []int) backend.Home {
	h := &wholeHome{value: make([]float32, kernel.Elements(shape))}
	b.homes = append(b.homes, h)
	return h
}

func (h *wholeHome) Read(into []float32) error {
	h.reads++
	copy(into, h.value)
	return nil
}

func (h *wholeHome) Write(from []float32) error {
	if h.fails != nil {
		return h.fails
	}
	h.write++
	copy(h.value, from)
	return nil
}

type wholeProgram struct {
	graph  backend.Graph
	kept   map[int][]float32 // the leaves that stay, since the last fresh run
	fresh  []bool            // of each run
	ready  [][][]float32     // the outputs of the runs under way
	closed int
}

func (p *wholeProgram) Bytes() int64 { return 1000 }

func (p *wholeProgram) Close() error {
	p.closed++
	return nil
}

func (p *wholeProgram) stays(leaf int) bool {
	return p.graph.Nodes[leaf].Fixed || slices.ContainsFunc(p.graph.Successions,
		func(s backend.Succession) bool { return s.Leaf == leaf })
}

func (p *wholeProgram) Start(in [][]float32, fresh bool) error {
	p.fresh = append(p.fresh, fresh)
	if fresh {
		p.kept = map[int][]float32{}
	}
	values := make([][]float32, len(p.graph.Nodes))
	for i, k := range p.graph.Leaves() {
		values[k] = in[i]
		if h, ok := p.graph.Nodes[k].Home.(*wholeHome); ok {
			values[k] = h.value
		}
		if p.stays(k) {
			if fresh {
				p.kept[k] = slices.Clone(in[i])
			}
			values[k] = p.kept[k]
		}
	}
	for i, n := range p.graph.Nodes {
		switch {
		case n.Const != nil:
			values[i] = n.Const
		case n.Spec != nil:
			var args [][]float32
			for _, k := range n.In {
				args = append(args, values[k])
			}
			for _, v := range suite.Reference(n.Spec, args) {
				values[i] = append(values[i], float32(v))
			}
		}
	}
	for _, s := range p.graph.Successions {
		p.kept[s.Leaf] = values[s.By]
	}
	var out [][]float32
	for _, k := range p.graph.Outputs {
		if h, ok := p.graph.Nodes[k].Home.(*wholeHome); ok {
			copy(h.value, values[k])
			out = append(out, nil)
			continue
		}
		out = append(out, values[k])
	}
	p.ready = append(p.ready, out)
	return nil
}

func (p *wholeProgram) Finish(out [][]float32) error {
	for i, v := range p.ready[0] {
		copy(out[i], v)
	}
	p.ready = p.ready[1:]
	return nil
}

func (p *wholeProgram) Read(into [][]float32) error {
	for i, s := range p.graph.Successions {
		copy(into[i], p.kept[s.Leaf])
	}
	return nil
}

func newWhole(t *testing.T) (*engine.Engine, *wholeBackend) {
	t.Helper()
	b := &wholeBackend{Backend: portable.New(1)}
	e := engine.New(b)
	t.Cleanup(e.Close)
	return e, b
}

func TestAWholeGraphGivesWhatThePlanGives(t *testing.T) {
	n, ref := newNet(t), newNet(t)
	e, b := newWhole(t)
	vm := compile(t, e, n.g, append(n.wanted(), n.image)...)
	run(t, vm)
	p := engine.New(portable.New(1))
	defer p.Close()
	want := compile(t, p, ref.g, ref.wanted()...)
	run(t, want)
	for i, w := range n.wanted() {
		if got, want := vm.Data(w), want.Data(ref.wanted()[i]); !equalWithin(got, want, tolLayout) {
			t.Errorf("output %d %v: %v, want %v", i, w, got[:min(4, len(got))],
				want[:min(4, len(want))])
		}
	}
	if loss := float32(*n.loss.Value().(*G.F32)); loss != vm.Data(n.loss)[0] || loss == 0 {
		t.Errorf("the node of the loss has %g, the output %g", loss, vm.Data(n.loss)[0])
	}
	if len(vm.Data(n.image)) != 2*3*9*8 {
		t.Error("a leaf that is wanted has no values")
	}
	fused := func(s kernel.Spec) bool { return kernel.Kind(s) == "ConvAct" }
	if slices.ContainsFunc(vm.Specs(), fused) || vm.Instructions() != len(vm.Specs()) {
		t.Errorf("%d instructions of %d Specs, want all of them unfused", vm.Instructions(),
			len(vm.Specs()))
	}
	if got := vm.ArenaBytes(); got <= 1000 {
		t.Errorf("the plan takes %d bytes, want the program's 1000 and the outputs", got)
	}
	if len(b.programs) != 1 {
		t.Errorf("%d programs, want one", len(b.programs))
	}
}

func TestAWholeGraphSeesChangedParametersAfterRefresh(t *testing.T) {
	n := newNet(t)
	e, b := newWhole(t)
	vm, err := e.Compile(engine.Plan{Graph: n.g, Fixed: n.params, Outputs: G.Nodes{n.logits}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, vm)
	before := slices.Clone(vm.Data(n.logits))
	w := n.params[0].Value().Data().([]float32)
	for i := range w {
		w[i] *= 2
	}
	run(t, vm)
	if !suite.SameBits(vm.Data(n.logits), before) {
		t.Error("a fixed leaf was read without a refresh")
	}
	vm.Refresh()
	run(t, vm)
	if suite.SameBits(vm.Data(n.logits), before) {
		t.Error("a refresh changed nothing")
	}
	if !slices.Equal(b.programs[0].fresh, []bool{true, false, true}) {
		t.Errorf("fresh runs %v", b.programs[0].fresh)
	}
}

func TestAWholeGraphAsksForItsMemory(t *testing.T) {
	n := newNet(t)
	e, b := newWhole(t)
	refusal := errors.New("too much")
	var asked int64
	e.Admit(func(bytes int64) error {
		asked = bytes
		return refusal
	})
	if _, err := e.Compile(n.plan()); !errors.Is(err, refusal) || asked != 1000+4*2*4 {
		t.Errorf("error %v about %d bytes, want the refusal of 1032", err, asked)
	}
	if b.programs[0].closed != 1 {
		t.Errorf("a program that was refused was closed %d times", b.programs[0].closed)
	}
}

func TestAClosedWholeGraphIsAnError(t *testing.T) {
	n := newNet(t)
	e, b := newWhole(t)
	vm := compile(t, e, n.g, n.logits)
	for range 2 {
		if err := vm.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := vm.RunAll(); err == nil || !strings.Contains(err.Error(), "the plan is closed") {
		t.Errorf("error %v", err)
	}
	if b.programs[0].closed != 1 {
		t.Errorf("closed %d times", b.programs[0].closed)
	}
	late := compile(t, e, n.g, n.logits)
	e.Close()
	if err := late.Close(); err != nil {
		t.Errorf("closing behind the engine: %v", err)
	}
}

func TestAWholeGraphRefusesSynchronisedNorms(t *testing.T) {
	g := G.NewGraph()
	leaf := func(shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...))
	}
	y, _, err := op.SyncBatchNorm(leaf(2, 3, 4, 4), leaf(3), leaf(3), 1e-5, .5)
	if err != nil {
		t.Fatal(err)
	}
	e, b := newWhole(t)
	_, err = e.Compile(engine.Plan{Graph: g, Outputs: G.Nodes{y}})
	if err == nil || !strings.Contains(err.Error(), "sync_norm false") {
		t.Errorf("error %v", err)
	}
	if len(b.programs) != 0 {
		t.Error("a program was compiled")
	}
}
