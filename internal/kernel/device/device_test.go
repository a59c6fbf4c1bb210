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
	"acol/internal/kernel/suite"
)

func open(t *testing.T, p backend.Precision) *device.Backend {
	t.Helper()
	b, err := device.Open(devicetest.Plugin(t), p, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// The suite is some twenty programs in each precision, which takes XLA half a minute.
func TestDevicesConform(t *testing.T) {
	if os.Getenv("ACOL_DEVICE") == "" {
		t.Skip("make device-test runs the whole suite (ACOL_DEVICE=families or all)")
	}
	for _, p := range []backend.Precision{backend.FP32, backend.BF16} {
		t.Run(string(p), func(t *testing.T) { kerneltest.ConformWhole(t, open(t, p)) })
	}
}

// One program has a case of each kind of Spec, and is compiled in seconds.
func TestOneProgramComputesEverySpec(t *testing.T) {
	for _, p := range []backend.Precision{backend.FP32, backend.BF16, backend.TF32} {
		t.Run(string(p), func(t *testing.T) { oneOfEachKind(t, p) })
	}
}

func oneOfEachKind(t *testing.T, p backend.Precision) {
	var g backend.Graph
	var in [][]float32
	var specs []kernel.Spec
	add := func(n backend.GraphNode) int {
		g.Nodes = append(g.Nodes, n)
		return len(g.Nodes) - 1
	}
	leaf := func(x []float32, shape ...int) int {
		in = append(in, x)
		return add(backend.GraphNode{Shape: shape})
	}
	seen := map[string]bool{}
	for _, s := range suite.Cases() {
		if seen[kernel.Kind(s)] {
			continue
		}
		seen[kernel.Kind(s)] = true
		n := backend.GraphNode{Spec: s, Shape: s.Out()}
		for i, x := range inputs(p, s) {
			shape := s.In()[i]
			at := leaf(x, shape...)
			if g.Nodes[at].Bytes = kernel.ReadsBytes(s, i); g.Nodes[at].Bytes {
				n.In = append(n.In, at)
				continue
			}
			if p == backend.BF16 && len(shape) == 4 && i == 0 {
				// Behind a convolution with ones the operand is the same, in bfloat16.
				c := shape[1]
				same := kernel.Conv{ConvGeom: kernel.ConvGeom{
					N: shape[0], C: c, H: shape[2], W: shape[3], O: c, KH: 1, KW: 1, Groups: c,
					StrideH: 1, StrideW: 1, DilH: 1, DilW: 1,
				}}
				ones := leaf(slices.Repeat([]float32{1}, c), c, 1, 1, 1)
				at = add(backend.GraphNode{Spec: same, Shape: shape, In: []int{at, ones}})
			}
			n.In = append(n.In, at)
		}
		g.Outputs, specs = append(g.Outputs, add(n)), append(specs, s)
	}
	if want := len(kernel.All()); len(specs) != want {
		t.Fatalf("%d Specs, want %d", len(specs), want)
	}
	program, err := open(t, p).CompileGraph(g)
	if err != nil {
		t.Fatal(err)
	}
	out := make([][]float32, len(specs))
	for i, s := range specs {
		out[i] = make([]float32, kernel.Elements(s.Out()))
	}
	if err := backend.Run(program, out, in, true); err != nil {
		t.Fatal(err)
	}
	for i, s := range specs {
		t.Run(kernel.Kind(s), func(t *testing.T) { check(t, p, s, out[i]) })
	}
}

// inputs are those of a Spec, rounded as activations are where the precision is bf16.
func inputs(p backend.Precision, s kernel.Spec) [][]float32 {
	in := suite.Inputs(s)
	if p == backend.BF16 {
		in = suite.Halved(s, in)
	}
	return in
}

func check(t *testing.T, p backend.Precision, s kernel.Spec, got []float32) {
	t.Helper()
	want := suite.Reference(s, inputs(p, s))
	if p == backend.BF16 {
		kerneltest.CloseHalf(t, got, want)
		return
	}
	kerneltest.Close(t, got, want)
}

// A fixed leaf goes up again only where the run says that it is fresh.
func TestFixedLeavesStayOnTheDevice(t *testing.T) {
	shape := kernel.Shape4{1, 1, 1, 3}
	p, err := open(t, backend.FP32).CompileGraph(backend.Graph{
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
		err := backend.Run(p, [][]float32{y}, [][]float32{fixed, x}, run.fresh)
		if err != nil {
			t.Fatal(err)
		}
		if y[0] != run.want || y[2] != 33 {
			t.Errorf("%+v: sums %v", run, y)
		}
	}
}

// A leaf that a value succeeds is uploaded once, changes from run to run, and can be read. A run
// may begin before the one before it has ended.
func TestLeavesThatRunsChangeStayOnTheDevice(t *testing.T) {
	shape := kernel.Shape4{1, 1, 1, 2}
	p, err := open(t, backend.FP32).CompileGraph(backend.Graph{
		Nodes: []backend.GraphNode{
			{Shape: shape[:]}, {Shape: shape[:]},
			{Shape: shape[:], Spec: kernel.Add{Dims: 4, Shape: shape}, In: []int{0, 1}},
			{Shape: shape[:], Spec: kernel.Add{Dims: 4, Shape: shape}, In: []int{2, 2}},
		},
		Outputs: []int{3}, Successions: []backend.Succession{{Leaf: 0, By: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	sum, x, y := []float32{1, 2}, []float32{10, 20}, make([]float32, 2)
	check := func(what string, got []float32, want ...float32) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	start := func(fresh bool) {
		t.Helper()
		if err := p.Start([][]float32{sum, x}, fresh); err != nil {
			t.Fatal(err)
		}
	}
	finish := func() {
		t.Helper()
		if err := p.Finish([][]float32{y}); err != nil {
			t.Fatal(err)
		}
	}
	read := func() []float32 {
		t.Helper()
		into := make([]float32, 2)
		if err := p.Read([][]float32{into}); err != nil {
			t.Fatal(err)
		}
		return into
	}
	start(true)
	sum[0], x[0] = 100, 1 // which the first run must not see
	start(false)
	finish()
	check("the first output", y, 22, 44)
	finish()
	check("the second output", y, 24, 84)
	check("the leaf", read(), 12, 42)
	start(true)
	finish()
	check("a fresh leaf", read(), 101, 22)
	if err := p.Finish([][]float32{y}); err == nil {
		t.Error("a run was finished that was not started")
	}
}

// Where delta is 1 and the comparison ge, the maximum of a map is erased, so that it has to be 1 to
// the bit.
func TestTheMaximumOfAMapIsOne(t *testing.T) {
	s := kernel.ClassMap{Maps: kernel.Shape4{64, 1, 5, 7}}
	b := open(t, backend.FP32)
	in := [][]float32{suite.Inputs(s)[0], make([]float32, 64)}
	for i, v := range kerneltest.Compute(t, b, s, in) {
		if top := slices.Max(in[0][i/35*35:][:35]); (v == 1) != (in[0][i] == top) {
			t.Errorf("element %d is %g, of %g where the largest is %g", i, v, in[0][i], top)
		}
	}
}

// The number of a window's winner is a byte where the window is small.
func TestAMaxPoolHasItsWinnerInAnyWindow(t *testing.T) {
	b := open(t, backend.FP32)
	for _, k := range []int{11, 12} { // 121 and 144 taps
		s := kernel.MaxPoolBack{PoolGeom: kernel.PoolGeom{
			N: 2, C: 2, H: k + 1, W: k, KH: k, KW: k, StrideH: 1, StrideW: 1, OH: 2, OW: 1,
		}}
		in := suite.Inputs(s)
		for i := range in[0] { // the last tap wins
			in[0][i] = float32(i)
		}
		kerneltest.Close(t, kerneltest.Compute(t, b, s, in), suite.Reference(s, in))
	}
}
