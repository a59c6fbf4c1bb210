package engine_test

import (
	"errors"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine"
	"acol/internal/kernel"
	"acol/internal/kernel/portable"
	"acol/internal/op"
)

// leafOf is a leaf (1,1,1,3) with values.
func leafOf(g *G.ExprGraph, name string, values []float32) *G.Node {
	return G.NewTensor(g, tensor.Float32, 4, G.WithShape(1, 1, 1, 3), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(1, 1, 1, 3), tensor.WithBacking(values))))
}

// handing plans the ReLU of x, which it hands over, and the sum of that and of 10, 20 and 30.
func handing(t *testing.T, e *engine.Engine, x []float32) (
	maker *engine.VM, h *engine.Handover, reader *engine.VM, sum *G.Node,
) {
	t.Helper()
	first := G.NewGraph()
	y, err := op.Curve(leafOf(first, "x", x), kernel.ReLU)
	check(t, err)
	maker, h, err = e.CompileHanding(engine.Plan{Graph: first, Outputs: G.Nodes{y}})
	check(t, err)
	second := G.NewGraph()
	z := G.NewTensor(second, tensor.Float32, 4, G.WithShape(1, 1, 1, 3), G.WithName("y"))
	check(t, h.To(z))
	sum, err = op.Add(z, leafOf(second, "z", []float32{10, 20, 30}))
	check(t, err)
	reader, err = e.Compile(engine.Plan{Graph: second, Outputs: G.Nodes{sum}})
	check(t, err)
	return maker, h, reader, sum
}

func TestAValueIsHandedFromOnePlanToOthers(t *testing.T) {
	device, b := newWhole(t)
	host := engine.New(portable.New(1))
	t.Cleanup(host.Close)
	for name, e := range map[string]*engine.Engine{"device": device, "host": host} {
		t.Run(name, func(t *testing.T) {
			in := []float32{-1, 2, 3}
			maker, h, reader, sum := handing(t, e, in)
			expect := func(what string, got []float32, err error, want ...float32) {
				t.Helper()
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s: %v, %v, want %v", what, got, err, want)
				}
			}
			check(t, maker.RunAll())
			check(t, reader.RunAll())
			expect("sum", reader.Data(sum), nil, 10, 22, 33)
			values, err := h.Values()
			expect("what was handed over", values, err, 0, 2, 3)
			check(t, h.Set([]float32{5, 6}))
			check(t, reader.RunAll())
			expect("sum of what was set", reader.Data(sum), nil, 15, 26, 30)
			values, err = h.Values()
			expect("what was set", values, err, 5, 6, 0)
			in[0] = 7
			check(t, maker.RunAll())
			check(t, reader.RunAll())
			expect("sum after another run", reader.Data(sum), nil, 17, 22, 33)
			if err := h.Set(make([]float32, 4)); err == nil {
				t.Error("four values were taken for three")
			}
		})
	}
	if h := b.homes[0]; len(b.homes) != 1 || h.reads != 1 || h.write != 1 {
		t.Errorf("%d homes, copied out %d times and in %d times, want once", len(b.homes), h.reads, h.write)
	}
}

// A value that did not reach the device must not leave the one before it there unnoticed.
func TestAValueThatDidNotArriveIsSentAgain(t *testing.T) {
	e, b := newWhole(t)
	maker, h, reader, sum := handing(t, e, []float32{1, 2, 3})
	check(t, maker.RunAll())
	check(t, h.Set([]float32{5, 6, 7}))
	b.homes[0].fails = errors.New("no memory")
	if err := reader.RunAll(); !errors.Is(err, b.homes[0].fails) {
		t.Errorf("error %v, want that of the copy", err)
	}
	b.homes[0].fails = nil
	check(t, reader.RunAll())
	if got := reader.Data(sum); !slices.Equal(got, []float32{15, 26, 37}) {
		t.Errorf("the sum is %v, want that of what was set", got)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
