package engine_test

import (
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/kernel/kerneltest"
	"acol/internal/op"
)

// tolFolded bounds what folding a batch norm into weights of float32 changes, relative to the
// largest value.
const tolFolded = 1e-5

// near compares relative to the largest value wanted.
func near(got, want []float32, tol float64) bool {
	largest := float64(slices.Max(want))
	return len(got) == len(want) &&
		!slices.ContainsFunc(got, func(v float32) bool { return v != v }) &&
		!slices.ContainsFunc(differences(got, want), func(d float64) bool { return d > tol*largest })
}

func differences(a, b []float32) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = math.Abs(float64(a[i] - b[i]))
	}
	return d
}

// residualNet is a stem, a bottleneck with a downsampled shortcut and one without, in inference:
// batch norms by constants.
type residualNet struct {
	g     *G.ExprGraph
	image *G.Node
	fixed G.Nodes
	out   *G.Node
}

func newResidualNet(t *testing.T) *residualNet {
	t.Helper()
	n := &residualNet{g: G.NewGraph()}
	leaf := func(name string, seed int, shape ...int) *G.Node {
		data := make([]float32, tensor.Shape(shape).TotalSize())
		for i := range data {
			data[i] = float32((i*7+seed*13)%23)/23 + 0.1
			if i%3 == 0 {
				data[i] = -data[i]
			}
		}
		return G.NewTensor(n.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name),
			G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
	}
	try := func(v *G.Node, err error) *G.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	conv := func(name string, x *G.Node, out, size int) *G.Node {
		w := leaf(name+".weight", out, out, x.Shape()[1], size, size)
		c := try(op.Conv2D(x, w, nil, op.ConvAttr{Stride: 1, Pad: size / 2}))
		scale, shift := leaf(name+".bn.weight", 1, out), leaf(name+".bn.bias", 2, out)
		stats := leaf(name+".bn.running", 3, 2, out)
		variance, err := op.Floats(stats.Value())
		if err != nil {
			t.Fatal(err)
		}
		for i := range out {
			variance[out+i] = 1 + float32(i)/8
		}
		n.fixed = append(n.fixed, w, scale, shift, stats)
		y, _, err := op.BatchNorm(c, scale, shift, stats, 1e-5)
		return try(y, err)
	}
	n.image = leaf("image", 5, 2, 3, 7, 6)
	x := try(op.ReLU(conv("stem", n.image, 16, 3)))
	short := conv("down", x, 32, 1)
	x = try(op.ReLU(try(op.Add(conv("a.2", try(op.ReLU(conv("a.1", x, 16, 3))), 32, 1), short))))
	n.out = try(op.ReLU(try(op.Add(conv("b.2", try(op.ReLU6(conv("b.1", x, 16, 3))), 32, 1), x))))
	return n
}

func (n *residualNet) onTape(t *testing.T) []float32 {
	t.Helper()
	tape := G.NewTapeMachine(n.g)
	defer tape.Close()
	run(t, tape)
	v, err := op.Floats(n.out.Value())
	if err != nil {
		t.Fatal(err)
	}
	return slices.Clone(v)
}

func TestInferenceFoldsBatchNormAndFusesResidualsAndActivations(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		want := newResidualNet(t).onTape(t)
		n := newResidualNet(t)
		plan := engine.Plan{Graph: n.g, Fixed: n.fixed, Outputs: G.Nodes{n.out}}
		vm, err := enginetest.Open(t, o).Compile(plan)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[string]int{}
		vm.Profile(func(_ string, s kernel.Spec, _ time.Duration) {
			if s != nil {
				kinds[kernel.Kind(s)]++
			}
		})
		run(t, vm)
		if !near(vm.Data(n.out), want, tolFolded) {
			t.Errorf("output %v, Gorgonia's machine gives %v", vm.Data(n.out)[:4], want[:4])
		}
		kinds = map[string]int{}
		run(t, vm)
		if kinds["ConvAct"]+kinds["Conv"] != 6 || len(kinds) > 2 {
			t.Errorf("a second run computes %v, want 6 convolutions and nothing else", kinds)
		}
	})
}

func TestRefreshFollowsChangedParameters(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		n := newResidualNet(t)
		plan := engine.Plan{Graph: n.g, Fixed: n.fixed, Outputs: G.Nodes{n.out}}
		vm, err := enginetest.Open(t, o).Compile(plan)
		if err != nil {
			t.Fatal(err)
		}
		run(t, vm)
		change := func(n *residualNet) {
			for _, f := range n.fixed {
				v, err := op.Floats(f.Value())
				if err != nil {
					t.Fatal(err)
				}
				for i := range v {
					v[i] *= 1.25
				}
			}
		}
		change(n)
		vm.Refresh()
		run(t, vm)
		ref := newResidualNet(t)
		change(ref)
		if want := ref.onTape(t); !near(vm.Data(n.out), want, tolFolded) {
			t.Errorf("after a change %v, want %v", vm.Data(n.out)[:4], want[:4])
		}
	})
}

func TestWantedValuesAreNotFusedAway(t *testing.T) {
	g := G.NewGraph()
	x := G.NewTensor(g, tensor.Float32, 4, G.WithShape(1, 2, 2, 1), G.WithName("x"),
		G.WithValue(tensor.New(tensor.WithShape(1, 2, 2, 1),
			tensor.WithBacking([]float32{-1, 2, -3, 4}))))
	sum, err := op.Add(x, x)
	if err != nil {
		t.Fatal(err)
	}
	y, err := op.ReLU(sum)
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		vm := compile(t, enginetest.Open(t, o), g, sum, y)
		run(t, vm)
		if got := vm.Data(sum); !slices.Equal(got, []float32{-2, 4, -6, 8}) {
			t.Errorf("the sum is %v", got)
		}
		if got := vm.Data(y); !slices.Equal(got, []float32{0, 4, 0, 8}) {
			t.Errorf("its positive part is %v", got)
		}
	})
}

// TestGoroutinesMayShareAnEngine is for the race detector: each compiles convolutions of its own
// shapes.
func TestGoroutinesMayShareAnEngine(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		e := enginetest.Open(t, o)
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() {
				for width := 1 + i; width < 40; width += 2 {
					if err := convolve(e, width); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

func convolve(e *engine.Engine, width int) error {
	g := G.NewGraph()
	leaf := func(name string, shape ...int) *G.Node {
		return G.NewTensor(g, tensor.Float32, 4, G.WithShape(shape...), G.WithName(name),
			G.WithValue(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))))
	}
	w := leaf("w", width, 3, 3, 3)
	y, err := op.Conv2D(leaf("x", 1, 3, 4, 4), w, nil, op.ConvAttr{Stride: 1})
	if err != nil {
		return err
	}
	vm, err := e.Compile(engine.Plan{Graph: g, Fixed: G.Nodes{w}, Outputs: G.Nodes{y}})
	if err != nil {
		return err
	}
	return vm.RunAll()
}

func TestRunsDoNotAllocate(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		n := newNet(t)
		vm := compile(t, enginetest.Open(t, o), n.g, n.wanted()...)
		run(t, vm)
		if allocs := testing.AllocsPerRun(10, func() { run(t, vm) }); allocs > 0 {
			t.Errorf("%g allocations a run", allocs)
		}
	})
}
