package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/engine/enginetest"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/op"
)

// namedNet is a stem, a residual block and a head, its parameters named as a model's are, with loss
// and gradients.
func namedNet(t *testing.T, n, side, width int) (*G.ExprGraph, G.Nodes) {
	t.Helper()
	g := G.NewGraph()
	var params G.Nodes
	leaf := func(name string, shape ...int) *G.Node {
		data := make([]float32, tensor.Shape(shape).TotalSize())
		for i := range data {
			data[i] = float32(i%7) * 0.1
		}
		return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name),
			G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
	}
	param := func(name string, shape ...int) *G.Node {
		p := leaf(name, shape...)
		params = append(params, p)
		return p
	}
	try := func(v *G.Node, err error) *G.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	x := try(op.Conv2D(leaf("image", n, 3, side, side), param("conv1.weight", width, 3, 3, 3), nil,
		op.ConvAttr{Stride: 1, Pad: 1}))
	y, _, err := op.BatchNorm(x, param("bn1.weight", width), param("bn1.bias", width), nil, 1e-5)
	x = try(op.MaxPool2D(try(op.ReLU(try(y, err))), op.PoolAttr{Size: 2, Stride: 2}))
	z := try(op.Conv2D(x, param("layer1.0.conv1.weight", width, width, 3, 3), nil,
		op.ConvAttr{Stride: 1, Pad: 1}))
	x = try(op.ReLU(try(op.Add(z, x))))
	maps := try(op.Conv2D(x, param("head.weight", 4, width, 1, 1), param("head.bias", 4),
		op.ConvAttr{Stride: 1}))
	loss := try(op.TargetLoss(try(op.GlobalAvgPool(maps)), leaf("targets", n, 4)))
	grads, err := G.Grad(loss, params...)
	if err != nil {
		t.Fatal(err)
	}
	return g, append(grads, loss)
}

func TestProfileNamesEveryInstructionsLayer(t *testing.T) {
	g, want := namedNet(t, 2, 8, 4)
	vm := compile(t, enginetest.Open(t, backend.Options{Kernels: "portable", Threads: 2}), g, want...)
	var got []string
	vm.Profile(func(layer string, spec kernel.Spec, _ time.Duration) {
		if spec == nil {
			spec = reorder{}
		}
		got = append(got, layer+" "+kernel.Kind(spec))
	})
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if len(got) != vm.Instructions() {
		t.Errorf("told of %d instructions of %d", len(got), vm.Instructions())
	}
	slices.Sort(got)
	if d := cmp.Diff([]string{
		" reorder", // of the image
		"bn1 Add",  // of the gradients from the block and from around it
		"bn1 MaxPool", "bn1 MaxPoolBack", "bn1 NormAct", "bn1 NormActBackData",
		"bn1 NormActBackParams", "bn1 NormStats",
		"bn1 Row", "bn1 Row",
		"conv1 Conv", "conv1 ConvBackWeights",
		"head ChannelSum", "head Conv", "head ConvBackData", "head ConvBackWeights",
		"head GlobalAvgPool", "head GlobalAvgPoolBack", "head TargetLoss", "head TargetLossBack",
		"layer1.0.conv1 ConvAct", "layer1.0.conv1 ConvBackData", "layer1.0.conv1 ConvBackWeights",
		"layer1.0.conv1 ReLUBack",
	}, got); d != "" {
		t.Errorf("instructions (-want +got):\n%s", d)
	}
}

// reorder stands for an instruction without a Spec.
type reorder struct{ kernel.Spec }

func TestProfileSumsToTheRun(t *testing.T) {
	g, want := namedNet(t, 8, 64, 32)
	vm := compile(t, enginetest.Open(t, backend.Options{Kernels: "portable", Threads: 2}), g, want...)
	var sum time.Duration
	vm.Profile(func(_ string, _ kernel.Spec, took time.Duration) { sum += took })
	best := 0.0
	for range 5 { // a busy machine may take the thread away between two instructions
		sum = 0
		since := time.Now()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		wall := time.Since(since)
		if sum > wall {
			t.Fatalf("instructions took %v of a run of %v", sum, wall)
		}
		best = max(best, float64(sum)/float64(wall))
	}
	if best < 0.8 {
		t.Errorf("instructions account for %.0f %% of the run", 100*best)
	}
}

func TestAProfileThatWasEndedHearsNothing(t *testing.T) {
	g, want := namedNet(t, 1, 8, 4)
	vm := compile(t, enginetest.Open(t, backend.Options{Kernels: "portable", Threads: 2}), g, want...)
	told := 0
	vm.Profile(func(string, kernel.Spec, time.Duration) { told++ })
	vm.Profile(nil)
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	if told > 0 {
		t.Errorf("told of %d instructions after the profile's end", told)
	}
}

func TestPeakIsMeasured(t *testing.T) {
	const slowest = 1e8 // no machine that runs the tests is slower
	e := enginetest.Open(t, backend.Options{Kernels: "portable", Threads: 2})
	if peak, err := e.MeasurePeak(); err != nil || peak < slowest {
		t.Errorf("peak %v FLOP/s, error %v", peak, err)
	}
}
