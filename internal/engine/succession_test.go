package engine_test

import (
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine"
	"acol/internal/kernel/portable"
	"acol/internal/op"
)

// counter is a graph whose leaf sum becomes sum + x, and whose output is twice that.
type counter struct {
	sum, x []float32
	vm     *engine.VM
	out    *G.Node
}

func newCounter(t *testing.T, e *engine.Engine) *counter {
	t.Helper()
	c := &counter{sum: []float32{1, 2}, x: []float32{10, 20}}
	g := G.NewGraph()
	leaf := func(name string, data []float32) *G.Node {
		v := tensor.New(tensor.WithShape(2), tensor.WithBacking(data))
		return G.NewVector(g, tensor.Float32, G.WithShape(2), G.WithName(name), G.WithValue(v))
	}
	sum := leaf("sum", c.sum)
	next, err := op.Add(sum, leaf("x", c.x))
	if err != nil {
		t.Fatal(err)
	}
	if c.out, err = op.Add(next, next); err != nil {
		t.Fatal(err)
	}
	c.vm, err = e.Compile(engine.Plan{
		Graph: g, Kept: []engine.Succession{{Leaf: sum, By: next}}, Outputs: G.Nodes{c.out},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *counter) check(t *testing.T, what string, got []float32, want ...float32) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func (c *counter) do(t *testing.T, f func() error) {
	t.Helper()
	if err := f(); err != nil {
		t.Fatal(err)
	}
}

// The values of the leaf are with the program until Sync, and Refresh sends new ones.
func TestAKeptLeafComesBackWhenAskedFor(t *testing.T) {
	e, b := newWhole(t)
	c := newCounter(t, e)
	c.do(t, c.vm.Sync) // before the first run the memory is what counts
	c.check(t, "the leaf before any run", c.sum, 1, 2)
	c.do(t, c.vm.RunAll)
	c.do(t, c.vm.RunAll)
	c.check(t, "the output", c.vm.Data(c.out), 42, 84)
	c.check(t, "the leaf before it is asked for", c.sum, 1, 2)
	c.do(t, c.vm.Sync)
	c.check(t, "the leaf", c.sum, 21, 42)
	c.sum[0] = 100
	c.vm.Refresh()
	c.do(t, c.vm.Sync)
	c.check(t, "a refreshed leaf before the next run", c.sum, 100, 42)
	c.do(t, c.vm.RunAll)
	c.check(t, "the output of a refreshed leaf", c.vm.Data(c.out), 220, 124)
	if g := b.programs[0].graph; len(g.Outputs) != 1 || len(g.Successions) != 1 {
		t.Errorf("%d outputs, %d successions, want one of each", len(g.Outputs), len(g.Successions))
	}
	if !e.Keeps() {
		t.Error("an engine that compiles whole graphs keeps no leaves")
	}
}

// Results of a run can be read after the next one has begun.
func TestARunBeginsBeforeTheOneBeforeItIsFinished(t *testing.T) {
	e, _ := newWhole(t)
	c := newCounter(t, e)
	c.do(t, c.vm.Start)
	c.x[0], c.x[1] = 1, 1
	c.do(t, c.vm.Start)
	c.do(t, c.vm.Finish)
	c.check(t, "the first output", c.vm.Data(c.out), 22, 44)
	c.do(t, c.vm.Finish)
	c.check(t, "the second output", c.vm.Data(c.out), 24, 46)
}

// On a processor the memory of a leaf is the leaf.
func TestAKeptLeafOfThePlanIsInMemory(t *testing.T) {
	e := engine.New(portable.New(1))
	defer e.Close()
	c := newCounter(t, e)
	for range 2 {
		c.do(t, c.vm.Start)
		c.do(t, c.vm.Finish)
	}
	c.check(t, "the output", c.vm.Data(c.out), 42, 84)
	c.check(t, "the leaf", c.sum, 21, 42)
	c.do(t, c.vm.Sync)
	if e.Keeps() {
		t.Error("the kernels of a processor keep leaves elsewhere")
	}
}

func TestOnlyAComputedValueOfItsShapeBecomesALeaf(t *testing.T) {
	e, _ := newWhole(t)
	g := G.NewGraph()
	leaf := func(name string, n int) *G.Node {
		return G.NewVector(g, tensor.Float32, G.WithShape(n), G.WithName(name))
	}
	a, b := leaf("a", 2), leaf("b", 3)
	twice, err := op.Add(b, b)
	if err != nil {
		t.Fatal(err)
	}
	for want, kept := range map[string][]engine.Succession{
		"of shape (3) cannot become":    {{Leaf: a, By: twice}},
		"want a value that is computed": {{Leaf: twice, By: b}},
		"that no other becomes":         {{Leaf: b, By: twice}, {Leaf: b, By: twice}},
	} {
		_, err := e.Compile(engine.Plan{Graph: g, Kept: kept, Outputs: G.Nodes{twice}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
