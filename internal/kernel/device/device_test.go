package device_test

import (
	"os"
	"slices"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/portable"
)

func open(t *testing.T) *device.Backend {
	t.Helper()
	b, err := device.Open(devicetest.Plugin(t), portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// The suite compiles hundreds of programs, which takes XLA minutes.
func TestDevicesConform(t *testing.T) {
	if os.Getenv("ACOL_DEVICE") == "" {
		t.Skip("make device-test runs the whole suite (ACOL_DEVICE=families or all)")
	}
	kerneltest.Conform(t, open(t))
}

// One program has a case of each kind of Spec, and is compiled in seconds.
func TestOneProgramComputesEverySpec(t *testing.T) {
	var g backend.Graph
	var in [][]float32
	var specs []kernel.Spec
	seen := map[string]bool{}
	for _, s := range kerneltest.Cases() {
		if seen[kernel.Kind(s)] {
			continue
		}
		seen[kernel.Kind(s)] = true
		n := backend.GraphNode{Spec: s, Shape: s.Out()}
		for i, x := range kerneltest.Inputs(s) {
			n.In = append(n.In, len(g.Nodes))
			g.Nodes = append(g.Nodes, backend.GraphNode{Shape: s.In()[i]})
			in = append(in, x)
		}
		g.Outputs = append(g.Outputs, len(g.Nodes))
		g.Nodes, specs = append(g.Nodes, n), append(specs, s)
	}
	if want := len(kernel.All()); len(specs) != want {
		t.Fatalf("%d Specs, want %d", len(specs), want)
	}
	p, err := open(t).CompileGraph(g)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float32, len(specs))
	for i, s := range specs {
		out[i] = make([]float32, kerneltest.Size(s.Out()))
	}
	if err := p.Run(out, in, true); err != nil {
		t.Fatal(err)
	}
	for i, s := range specs {
		t.Run(kernel.Kind(s), func(t *testing.T) {
			kerneltest.Close(t, out[i], kerneltest.Reference(s, kerneltest.Inputs(s)))
		})
	}
}

// A fixed leaf goes up again only where the run says that it is fresh.
func TestFixedLeavesStayOnTheDevice(t *testing.T) {
	shape := kernel.Shape4{1, 1, 1, 3}
	p, err := open(t).CompileGraph(backend.Graph{
		Nodes: []backend.GraphNode{
			{Shape: shape[:], Fixed: true}, {Shape: shape[:]},
			{Shape: shape[:], Spec: kernel.Add{Dims: 4, Shape: shape}, In: []int{0, 1}},
		},
		Outputs: []int{2},
	})
	if err != nil {
		t.Fatal(err)
	}
	fixed, x, y := []float32{1, 2, 3}, []float32{10, 20, 30}, make([]float32, 3)
	for _, run := range []struct {
		fixed, x float32
		fresh    bool
		want     float32
	}{{1, 10, true, 11}, {2, 10, false, 11}, {2, 20, false, 21}, {2, 20, true, 22}} {
		fixed[0], x[0] = run.fixed, run.x
		if err := p.Run([][]float32{y}, [][]float32{fixed, x}, run.fresh); err != nil {
			t.Fatal(err)
		}
		if y[0] != run.want || y[2] != 33 {
			t.Errorf("%+v: sums %v", run, y)
		}
	}
}

// Where delta is 1 and the comparison ge, the maximum of a map is erased, so that it has to be 1 to
// the bit.
func TestTheMaximumOfAMapIsOne(t *testing.T) {
	s := kernel.ClassMap{Maps: kernel.Shape4{64, 1, 5, 7}}
	b := open(t)
	in := [][]float32{kerneltest.Inputs(s)[0], make([]float32, 64)}
	for i, v := range kerneltest.Compute(t, b, s, in) {
		if top := slices.Max(in[0][i/35*35:][:35]); (v == 1) != (in[0][i] == top) {
			t.Errorf("element %d is %g, of %g where the largest is %g", i, v, in[0][i], top)
		}
	}
}
