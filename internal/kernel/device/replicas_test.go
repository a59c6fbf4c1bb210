package device_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/device"
	"acol/internal/kernel/device/devicetest"
	"acol/internal/kernel/portable"
)

// openSeveral opens devices 0 to n-1.
func openSeveral(t *testing.T, n int, p backend.Precision) *device.Backend {
	t.Helper()
	name := devicetest.Plugin(t) + ":0"
	for i := 1; i < n; i++ {
		name += fmt.Sprintf(",%d", i)
	}
	b, err := device.Open(name, p, portable.New(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if b.Replicas() != n {
		t.Fatalf("%d devices, want %d", b.Replicas(), n)
	}
	return b
}

// graph is a graph that is being put together, with the values of its leaves.
type graph struct {
	backend.Graph
	in [][]float32
}

func (g *graph) node(n backend.GraphNode) int {
	g.Nodes = append(g.Nodes, n)
	return len(g.Nodes) - 1
}

func (g *graph) leaf(x []float32, split bool, shape ...int) int {
	g.in = append(g.in, x)
	return g.node(backend.GraphNode{Shape: shape, Split: split})
}

func (g *graph) compute(s kernel.Spec, in ...int) int {
	return g.node(backend.GraphNode{Spec: s, Shape: s.Out(), In: in})
}

// output asks for the value of a node, of all replicas or of the first.
func (g *graph) output(i int, split bool) {
	g.Nodes[i].Split = split
	g.Outputs = append(g.Outputs, i)
}

// run compiles the graph and runs it.
func (g *graph) run(t *testing.T, b backend.GraphBackend) [][]float32 {
	t.Helper()
	p, err := b.CompileGraph(g.Graph)
	if err != nil {
		t.Fatal(err)
	}
	out := g.place()
	if err := errors.Join(backend.Run(p, out, g.in, true), p.Close()); err != nil {
		t.Fatal(err)
	}
	return out
}

// place is memory for the outputs.
func (g *graph) place() [][]float32 {
	out := make([][]float32, len(g.Outputs))
	for i, k := range g.Outputs {
		out[i] = make([]float32, g.Size(k))
	}
	return out
}

// Leaves are cut along the first axis or go to all, outputs are joined or the first one's, and what
// runs change stays on every device.
func TestABatchIsSharedOutAndJoinedInTheOrderOfDevices(t *testing.T) {
	const n = 3
	g := &graph{Graph: backend.Graph{Replicas: n}}
	shape := []int{1, 1, 1, 2}
	add := kernel.Add{Dims: 4, Shape: kernel.Shape4(shape)}
	x := g.leaf([]float32{1, 2, 10, 20, 100, 200}, true, shape...)
	kept := g.leaf([]float32{1000, 2000}, false, shape...)
	sum := g.compute(kernel.PartSum{Tensor: kernel.NewTensor(shape)}, x)
	next := g.compute(add, kept, sum)
	each := g.compute(add, next, x)
	g.output(each, true)
	g.output(sum, false)
	g.output(g.compute(add, x, x), false) // which differs, so that one sees whose it is
	g.Successions = []backend.Succession{{Leaf: kept, By: next}}
	b := openSeveral(t, n, backend.FP32)
	p, err := b.CompileGraph(g.Graph)
	if err != nil {
		t.Fatal(err)
	}
	for run, want := range [][]float32{
		{1112, 2224, 1121, 2242, 1211, 2422}, {1223, 2446, 1232, 2464, 1322, 2644},
	} {
		out := g.place()
		if err := backend.Run(p, out, g.in, run == 0); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(out[0], want) || !slices.Equal(out[1], []float32{111, 222}) ||
			!slices.Equal(out[2], []float32{2, 4}) {
			t.Errorf("run %d: outputs %v, want %v, the sums and the first part", run, out, want)
		}
	}
	into := [][]float32{make([]float32, 2)}
	if err := p.Read(into); err != nil || !slices.Equal(into[0], []float32{1222, 2444}) {
		t.Errorf("what is kept is %v: %v", into, err)
	}
	single := &graph{Graph: backend.Graph{Nodes: slices.Clone(g.Nodes)}}
	for i := range single.Nodes {
		single.Nodes[i].Split = false
		if _, joint := single.Nodes[i].Spec.(kernel.Joint); joint {
			single.Nodes[i].Spec, single.Nodes[i].In = add, []int{x, x}
		}
	}
	single.in, single.Outputs = [][]float32{{1, 2}, {1000, 2000}}, []int{each}
	if out := single.run(t, b); !slices.Equal(out[0], []float32{1003, 2006}) {
		t.Errorf("the first device alone computes %v", out)
	}
	const most = 5 * 2 * 4 // of leaves and outputs of a device
	if p.Bytes() < n*most {
		t.Errorf("%d devices take %d bytes, less than what goes in and out", n, p.Bytes())
	}
}

// Images are bytes, of which a device's part need not begin with a word.
func TestBytesAreSharedOut(t *testing.T) {
	const n = 2
	var table []float32
	for i := range 3 * 256 {
		table = append(table, float32(i%256))
	}
	words := make([]float32, backend.WordsOfBytes(6))
	copy(backend.AsBytes(words, 6), []byte{1, 2, 3, 40, 50, 255})
	g := &graph{Graph: backend.Graph{Replicas: n}}
	s := kernel.Normalize{N: 1, H: 1, W: 1}
	x := g.leaf(words, true, s.In()[0]...)
	g.Nodes[x].Bytes = true
	g.output(g.compute(s, x, g.leaf(table, false, s.In()[1]...)), true)
	out := g.run(t, openSeveral(t, n, backend.FP32))
	want := []float32{1, 2, 3, 40, 50, 255}
	if !slices.Equal(out[0], want) {
		t.Errorf("%v, want %v", out[0], want)
	}
}

// What one program computes lies on the devices for another, each part on its own.
func TestAHomeHoldsThePartOfEveryDevice(t *testing.T) {
	const n = 2
	b := openSeveral(t, n, backend.FP32)
	shape := []int{1, 1, 1, 2}
	add := kernel.Add{Dims: 4, Shape: kernel.Shape4(shape)}
	for _, split := range []bool{true, false} {
		h := b.NewHome(shape)
		if err := h.Write(make([]float32, 4)); err == nil {
			t.Error("a home that no graph names is written")
		}
		first := &graph{Graph: backend.Graph{Replicas: n}}
		value := []float32{1, 2, 3, 4}
		if !split {
			value = value[:2]
		}
		x := first.leaf(value, split, shape...)
		y := first.compute(add, x, x)
		first.output(y, split)
		first.Nodes[y].Home = h
		second := &graph{Graph: backend.Graph{Replicas: n}}
		z := second.leaf(nil, split, shape...)
		second.Nodes[z].Home = h
		second.output(second.compute(add, z, z), true)
		p, err := b.CompileGraph(first.Graph)
		if err != nil {
			t.Fatal(err)
		}
		if err := backend.Run(p, make([][]float32, 1), first.in, true); err != nil {
			t.Fatal(err)
		}
		want, written := []float32{2, 4, 6, 8}, []float32{5, 6, 7, 8}
		if !split {
			want, written = want[:2], written[:2]
		}
		got := make([]float32, len(want))
		if err := h.Read(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("split %v: the home has %v, want %v: %v", split, got, want, err)
		}
		all := []float32{4, 8, 12, 16}
		if !split {
			all = []float32{4, 8, 4, 8}
		}
		if out := second.run(t, b); !slices.Equal(out[0], all) {
			t.Errorf("split %v: what reads the home has %v, want %v", split, out[0], all)
		}
		if err := h.Write(written); err != nil {
			t.Fatal(err)
		}
		all = []float32{10, 12, 14, 16}
		if !split {
			all = []float32{10, 12, 10, 12}
		}
		if out := second.run(t, b); !slices.Equal(out[0], all) {
			t.Errorf("split %v: what is written makes %v, want %v", split, out[0], all)
		}
		if err := h.Read(make([]float32, 3)); err == nil {
			t.Error("a home is read to a place of another size")
		}
		second.Nodes[z].Split = !split
		if _, err := b.CompileGraph(second.Graph); err == nil ||
			!strings.Contains(err.Error(), "what is kept on the device as") {
			t.Errorf("another graph shares the home out otherwise: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatCannotBeSharedOutIsRefused(t *testing.T) {
	b := openSeveral(t, 2, backend.FP32)
	s := kernel.Add{Dims: 1, Shape: kernel.Shape4{1}}
	sum := kernel.PartSum{Tensor: kernel.NewTensor([]int{1})}
	for want, g := range map[string]backend.Graph{
		"a graph of 3 replicas for 2 devices":  {Replicas: 3},
		"a graph of -1 replicas for 2 devices": {Replicas: -1},
		"operation PartSum is of several replicas, and the graph has one": {
			Nodes:   []backend.GraphNode{{Shape: []int{1}}, {Spec: sum, Shape: []int{1}, In: []int{0}}},
			Outputs: []int{1}},
		"node 0, of shape [], cannot be shared out": {Replicas: 2,
			Nodes: []backend.GraphNode{{Split: true}}},
		"leaf 0 is shared out among replicas and changed by runs": {Replicas: 2,
			Nodes: []backend.GraphNode{{Shape: []int{1}, Split: true},
				{Spec: s, Shape: []int{1}, In: []int{0, 0}}},
			Successions: []backend.Succession{{Leaf: 0, By: 1}}},
	} {
		if _, err := b.CompileGraph(g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
	g := &graph{Graph: backend.Graph{Replicas: 2}}
	g.output(g.compute(s, g.leaf(nil, true, 1), g.leaf(nil, true, 1)), true)
	p, err := b.CompileGraph(g.Graph)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start([][]float32{{1}, {1, 2}}, true); err == nil || !strings.Contains(err.Error(),
		"copying 1 words as an array of shape [1] in each of 2 replicas") {
		t.Errorf("too short a batch: error %v", err)
	}
	if err := p.Start([][]float32{{1, 2}, {1, 2}}, true); err != nil {
		t.Fatal(err)
	}
	if err := p.Finish([][]float32{{0}}); err == nil {
		t.Error("a batch is joined in too small a place")
	}
}
