package engine_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/portable"
	"acol/internal/op"
)

// tolLayout bounds the difference between two runs of the same float32 steps
// that sum in another order.
const tolLayout = 2e-5

// net is a small residual network with every kind of step, its loss and gradients.
type net struct {
	g      *G.ExprGraph
	image  *G.Node
	params G.Nodes
	loss   *G.Node
	logits *G.Node
	grads  G.Nodes
}

func newNet(t *testing.T) *net {
	t.Helper()
	n := &net{g: G.NewGraph()}
	r := rand.New(rand.NewPCG(3, 4))
	leaf := func(name string, shape ...int) *G.Node {
		data := make([]float32, tensor.Shape(shape).TotalSize())
		for i := range data {
			data[i] = float32(r.NormFloat64()) * 0.3
		}
		return G.NewTensor(n.g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name),
			G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
	}
	param := func(name string, shape ...int) *G.Node {
		p := leaf(name, shape...)
		n.params = append(n.params, p)
		return p
	}
	try := func(v *G.Node, err error) *G.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	n.image = leaf("image", 2, 3, 9, 8)
	labels := G.NewVector(n.g, tensor.Float32, G.WithName("labels"), G.WithShape(2),
		G.WithValue(tensor.New(tensor.WithBacking([]float32{1, 3}))))
	x := try(op.Conv2D(n.image, param("w1", 6, 3, 3, 3), param("b1", 6),
		op.ConvAttr{Stride: 1, Pad: 1}))
	y, _, err := op.BatchNorm(x, param("scale", 6), param("shift", 6), nil, 1e-5)
	x = try(op.ReLU(try(y, err)))
	short := x
	x = try(op.Conv2D(x, param("w2", 6, 6, 3, 3), nil, op.ConvAttr{Stride: 1, Pad: 1}))
	x = try(op.ReLU(try(op.Add(x, short))))
	x = try(op.Concat(x, short))
	x = try(op.MaxPool2D(x, op.PoolAttr{Size: 3, Stride: 2, Ceil: true}))
	maps := try(op.Conv2D(x, param("w3", 4, 12, 1, 1), param("b3", 4), op.ConvAttr{Stride: 1}))
	n.logits = try(op.GlobalAvgPool(maps))
	x = try(op.Erase(x, try(op.ClassMap(maps, labels)), 0.6, kernel.GreaterEqual))
	second := try(op.GlobalAvgPool(try(op.Conv2D(x, param("w4", 4, 12, 1, 1), nil,
		op.ConvAttr{Stride: 1}))))
	hit := targets(n.g, "hit", 0, .5, 0, 0, 0, 0, 0, .5)
	miss := targets(n.g, "miss", 1./6, 0, 1./6, 1./6, 1./6, 1./6, 1./6, 0)
	n.loss = try(op.Add(try(op.TargetLoss(n.logits, hit)), try(op.TargetLoss(second, miss))))
	if n.grads, err = G.Grad(n.loss, n.params...); err != nil {
		t.Fatal(err)
	}
	return n
}

// targets is a leaf of what two images show, (2,K).
func targets(g *G.ExprGraph, name string, of ...float32) *G.Node {
	shape := []int{2, len(of) / 2}
	return G.NewMatrix(g, tensor.Float32, G.WithName(name), G.WithShape(shape...),
		G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(of))))
}

// plan is of the logits alone.
func (n *net) plan() engine.Plan { return engine.Plan{Graph: n.g, Outputs: G.Nodes{n.logits}} }

func (n *net) wanted() G.Nodes { return append(G.Nodes{n.loss, n.logits}, n.grads...) }

func compile(t *testing.T, e *engine.Engine, g *G.ExprGraph, outputs ...*G.Node) *engine.VM {
	t.Helper()
	vm, err := e.Compile(engine.Plan{Graph: g, Outputs: outputs})
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

func run(t *testing.T, vm G.VM) {
	t.Helper()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
}

func equalWithin(a, b []float32, tol float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) <= tol*max(1, math.Abs(float64(b[i])))) {
			return false
		}
	}
	return true
}

func TestEngineAgreesWithGorgoniasTapeMachine(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		n := newNet(t)
		vm := compile(t, enginetest.Open(t, o), n.g, n.wanted()...)
		run(t, vm)
		ref := newNet(t)
		tape := G.NewTapeMachine(ref.g)
		defer tape.Close()
		run(t, tape)
		for i, w := range ref.wanted() {
			want, err := op.Floats(w.Value())
			if err != nil {
				t.Fatal(err)
			}
			if got := vm.Data(n.wanted()[i]); !equalWithin(got, want, tolLayout) {
				t.Errorf("output %d %v: %v, want %v", i, w, got[:min(4, len(got))], want[:min(4, len(want))])
			}
		}
	})
}

// newTwice is two convolutions by the same weights, whose gradient is a sum.
func newTwice(t *testing.T) (g *G.ExprGraph, loss, grad *G.Node) {
	t.Helper()
	g = G.NewGraph()
	r := rand.New(rand.NewPCG(5, 6))
	leaf := func(name string, shape ...int) *G.Node {
		data := make([]float32, tensor.Shape(shape).TotalSize())
		for i := range data {
			data[i] = float32(r.NormFloat64()) * 0.3
		}
		return G.NewTensor(g, tensor.Float32, 4, G.WithShape(shape...), G.WithName(name),
			G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
	}
	x, w := leaf("x", 2, 16, 5, 4), leaf("w", 16, 16, 3, 3)
	for range 2 {
		var err error
		if x, err = op.Conv2D(x, w, nil, op.ConvAttr{Stride: 1, Pad: 1}); err != nil {
			t.Fatal(err)
		}
	}
	logits, err := op.GlobalAvgPool(x)
	if err != nil {
		t.Fatal(err)
	}
	hit := make([]float32, 2*16)
	hit[1], hit[16+3] = .5, .5
	if loss, err = op.TargetLoss(logits, targets(g, "hit", hit...)); err != nil {
		t.Fatal(err)
	}
	grads, err := G.Grad(loss, w)
	if err != nil {
		t.Fatal(err)
	}
	return g, loss, grads[0]
}

func TestConvolutionsMayShareWeights(t *testing.T) {
	ref, _, want := newTwice(t)
	tape := G.NewTapeMachine(ref)
	defer tape.Close()
	run(t, tape)
	v, err := op.Floats(want.Value())
	if err != nil {
		t.Fatal(err)
	}
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		g, loss, grad := newTwice(t)
		vm := compile(t, enginetest.Open(t, o), g, loss, grad)
		run(t, vm)
		if got := vm.Data(grad); !equalWithin(got, v, tolLayout) {
			t.Errorf("gradient %v, want %v", got[:4], v[:4])
		}
	})
}

func TestOutputsAreTheNodesValues(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		n := newNet(t)
		vm := compile(t, enginetest.Open(t, o), n.g, n.wanted()...)
		run(t, vm)
		for _, w := range n.wanted() {
			got, err := op.Floats(w.Value())
			if err != nil {
				t.Fatal(err)
			}
			if want := vm.Data(w); !equalWithin(got, want, 0) {
				t.Errorf("%v: value %v, want %v", w, got, want)
			}
		}
	})
}

func TestRunsLeaveTheirInputsUnmodified(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		n := newNet(t)
		vm := compile(t, enginetest.Open(t, o), n.g, n.wanted()...)
		leaves := append(G.Nodes{n.image}, n.params...)
		var before [][]float32
		for _, l := range leaves {
			v, err := op.Floats(l.Value())
			if err != nil {
				t.Fatal(err)
			}
			before = append(before, append([]float32(nil), v...))
		}
		run(t, vm)
		for i, l := range leaves {
			if now, _ := op.Floats(l.Value()); !equalWithin(now, before[i], 0) {
				t.Errorf("a run changed its input %s", l.Name())
			}
		}
	})
}

func TestRunsRepeatAndFollowTheirInputs(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		n := newNet(t)
		vm := compile(t, enginetest.Open(t, o), n.g, n.wanted()...)
		run(t, vm)
		first := append([]float32(nil), vm.Data(n.logits)...)
		run(t, vm)
		if !equalWithin(vm.Data(n.logits), first, 0) {
			t.Error("a second run of the same inputs differs")
		}
		image, _ := op.Floats(n.image.Value())
		clear(image)
		run(t, vm)
		if equalWithin(vm.Data(n.logits), first, 1e-3) {
			t.Error("the run ignores its changed input")
		}
	})
}

func TestPlanPrunesWhatNoOutputNeeds(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		n := newNet(t)
		e := enginetest.Open(t, o)
		all := compile(t, e, n.g, n.wanted()...)
		forward := compile(t, e, n.g, n.logits)
		if a, f := all.Instructions(), forward.Instructions(); f*3 > a {
			t.Errorf("%d steps for the logits, %d for everything: nothing was pruned", f, a)
		}
		if forward.ArenaBytes() >= all.ArenaBytes() {
			t.Errorf("arena of %d bytes for the logits, %d for everything", forward.ArenaBytes(),
				all.ArenaBytes())
		}
	})
}

func TestUnknownOpsAndMissingInputsAreErrors(t *testing.T) {
	kerneltest.Each(t, kernels.All(), func(t *testing.T, o backend.Options) {
		e := enginetest.Open(t, o)
		g := G.NewGraph()
		x := G.NewVector(g, tensor.Float32, G.WithName("x"), G.WithShape(4))
		if _, err := e.Compile(engine.Plan{
			Graph: g, Outputs: G.Nodes{G.Must(G.Tanh(x))},
		}); err == nil ||
			!strings.Contains(err.Error(), "is not one of acol's") {
			t.Errorf("compiling tanh: error %v", err)
		}
		vm := compile(t, e, g, G.Must(op.Add(x, x)))
		if err := vm.RunAll(); err == nil || err.Error() != "running: input x: no value" {
			t.Errorf("running without a value: error %v", err)
		}
	})
}

func TestClosedEnginesAndPlansAreErrors(t *testing.T) {
	n := newNet(t)
	e := engine.New(portable.New(1))
	vm := compile(t, e, n.g, n.logits)
	run(t, vm)
	if err := vm.Close(); err != nil {
		t.Fatal(err)
	}
	if err := vm.RunAll(); err == nil || err.Error() != "running: the plan is closed" {
		t.Errorf("running a closed plan: error %v", err)
	}
	e.Close()
	e.Close()
	if _, err := e.Compile(n.plan()); err == nil || err.Error() != "the engine is closed" {
		t.Errorf("compiling on a closed engine: error %v", err)
	}
}
