package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/kernel"
	"acol/internal/op"
)

// tolFinite bounds the difference between a gradient and a central difference
// of a float32 forward pass with steps of 1/64: rounding contributes about
// 1e-7*64 of the sum's size, curvature the rest.
const tolFinite = 5e-3

// input is a leaf of a test graph; fill draws its values from a fixed stream.
type input struct {
	shape []int
	fill  func(i int, r *rand.Rand) float32
}

func normal(_ int, r *rand.Rand) float32 { return float32(r.NormFloat64()) }

// apart gives distinct values, 0.1 from each other and at least 0.05 from zero, in
// random order, so that no difference crosses a kink.
func apart(n int) func(int, *rand.Rand) float32 {
	var perm []int
	return func(i int, r *rand.Rand) float32 {
		if i == 0 {
			perm = r.Perm(n)
		}
		return 0.1 * (float32(perm[i]-n/2) + 0.5)
	}
}

func share(_ int, r *rand.Rand) float32 { return r.Float32() }

func values(v ...float32) func(int, *rand.Rand) float32 {
	return func(i int, _ *rand.Rand) float32 { return v[i] }
}

type opCase struct {
	name string
	in   []input
	make func(in G.Nodes) (*G.Node, error)
	wrt  []int // inputs with a gradient
}

func cases() []opCase {
	x := input{[]int{2, 4, 5, 6}, normal}
	conv := func(a op.ConvAttr, bias bool) func(in G.Nodes) (*G.Node, error) {
		return func(in G.Nodes) (*G.Node, error) {
			var b *G.Node
			if bias {
				b = in[2]
			}
			return op.Conv2D(in[0], in[1], b, a)
		}
	}
	pool := func(a op.PoolAttr) func(in G.Nodes) (*G.Node, error) {
		return func(in G.Nodes) (*G.Node, error) { return op.MaxPool2D(in[0], a) }
	}
	norm := func(frozen bool) func(in G.Nodes) (*G.Node, error) {
		return func(in G.Nodes) (*G.Node, error) {
			var stats *G.Node
			if frozen {
				stats = in[3]
			}
			y, _, err := op.BatchNorm(in[0], in[1], in[2], stats, 1e-5)
			return y, err
		}
	}
	c4 := input{[]int{4}, normal}
	return []opCase{
		{"conv 3x3", []input{x, {[]int{3, 4, 3, 3}, normal}, {[]int{3}, normal}},
			conv(op.ConvAttr{Stride: 1, Pad: 1}, true), []int{0, 1, 2}},
		{"conv strided dilated", []input{x, {[]int{3, 4, 2, 2}, normal}},
			conv(op.ConvAttr{Stride: 2, Pad: 2, Dilation: 2}, false), []int{0, 1}},
		{"conv grouped", []input{x, {[]int{6, 2, 3, 1}, normal}},
			conv(op.ConvAttr{Stride: 1, Pad: 1, Groups: 2}, false), []int{0, 1}},
		{"relu", []input{{x.shape, apart(240)}},
			func(in G.Nodes) (*G.Node, error) { return op.ReLU(in[0]) }, []int{0}},
		{"add", []input{x, x}, func(in G.Nodes) (*G.Node, error) { return op.Add(in[0], in[1]) },
			[]int{0, 1}},
		{"concat", []input{x, {[]int{2, 1, 5, 6}, normal}},
			func(in G.Nodes) (*G.Node, error) { return op.Concat(in...) }, []int{0, 1}},
		{"max pool", []input{{x.shape, apart(240)}}, pool(op.PoolAttr{Size: 3, Stride: 2, Pad: 1}),
			[]int{0}},
		{"max pool ceil", []input{{x.shape, apart(240)}},
			pool(op.PoolAttr{Size: 3, Stride: 2, Ceil: true}), []int{0}},
		{"average pool", []input{x}, func(in G.Nodes) (*G.Node, error) {
			return op.AvgPool2D(in[0], op.PoolAttr{Size: 3, Stride: 1, Pad: 1})
		}, []int{0}},
		{"conv 1x3", []input{x, {[]int{3, 4, 1, 3}, normal}},
			conv(op.ConvAttr{Stride: 1, PadW: 1}, false), []int{0, 1}},
		{"conv depthwise", []input{x, {[]int{4, 1, 3, 3}, normal}, c4},
			conv(op.ConvAttr{Stride: 2, Pad: 1, Groups: 4}, true), []int{0, 1, 2}},
		{"relu6", []input{{x.shape, apart(240)}},
			func(in G.Nodes) (*G.Node, error) { return op.ReLU6(in[0]) }, []int{0}},
		{"sigmoid", []input{x}, func(in G.Nodes) (*G.Node, error) { return op.Sigmoid(in[0]) }, []int{0}},
		{"silu", []input{x}, func(in G.Nodes) (*G.Node, error) { return op.SiLU(in[0]) }, []int{0}},
		{"gelu", []input{x}, func(in G.Nodes) (*G.Node, error) { return op.GELU(in[0]) }, []int{0}},
		{"layer norm", []input{x, c4, c4},
			func(in G.Nodes) (*G.Node, error) { return op.LayerNorm(in[0], in[1], in[2], 1e-6) },
			[]int{0, 1, 2}},
		{"layer scale", []input{x, {[]int{4, 1, 1, 1}, normal}},
			conv(op.ConvAttr{Stride: 1, Groups: 4}, false), []int{0, 1}},
		{"local response norm", []input{x}, func(in G.Nodes) (*G.Node, error) {
			return op.LRN(in[0], op.LRNAttr{Size: 3, Alpha: 0.5, Beta: 0.75, K: 1})
		}, []int{0}},
		{"scale channels", []input{x, {[]int{2, 4, 1, 1}, normal}},
			func(in G.Nodes) (*G.Node, error) { return op.ScaleChannels(in[0], in[1]) }, []int{0, 1}},
		{"attention importance", []input{x, {[]int{1}, values(0)}},
			func(in G.Nodes) (*G.Node, error) { return op.AttentionDrop(in[0], in[1], 0.8) }, []int{0}},
		{"spatial mean", []input{x}, func(in G.Nodes) (*G.Node, error) { return op.SpatialMean(in[0]) },
			[]int{0}},
		{"target loss", []input{{[]int{3, 5}, normal}, {[]int{3, 5}, share}},
			func(in G.Nodes) (*G.Node, error) { return op.TargetLoss(in[0], in[1]) }, []int{0}},
		{"sigmoid loss", []input{{[]int{3, 5}, normal}, {[]int{3, 5}, share}, {[]int{3, 5}, share}},
			func(in G.Nodes) (*G.Node, error) { return op.SigmoidLoss(in[0], in[1], in[2]) }, []int{0}},
		{"bilinear", []input{x}, func(in G.Nodes) (*G.Node, error) { return op.Bilinear(in[0], 7, 11) },
			[]int{0}},
		{"guide loss", []input{{[]int{2, 1, 2, 2}, normal},
			{[]int{2, 1, 2, 2}, values(0, 1, 255, 1, 0, 255, 1, 0)}},
			func(in G.Nodes) (*G.Node, error) { return op.GuideLoss(in[0], in[1]) }, []int{0}},
		{"global average pool", []input{x},
			func(in G.Nodes) (*G.Node, error) { return op.GlobalAvgPool(in[0]) }, []int{0}},
		{"batch norm", []input{x, c4, c4}, norm(false), []int{0, 1, 2}},
		{"batch norm frozen", []input{x, c4, c4, {[]int{2, 4}, values(.1, -.2, .3, 0, .5, 1, 2, .7)}},
			norm(true), []int{0, 1, 2}},
		{"erase", []input{x,
			{[]int{2, 1, 5, 6}, func(i int, _ *rand.Rand) float32 { return float32(i%7) / 6 }}},
			func(in G.Nodes) (*G.Node, error) {
				return op.Erase(in[0], in[1], 0.6, kernel.GreaterEqual)
			}, []int{0}},
		{"cross entropy", []input{{[]int{2, 3}, normal}, {[]int{2, 3}, values(0, 0, .5, .5, 0, 0)}},
			func(in G.Nodes) (*G.Node, error) { return op.TargetLoss(in[0], in[1]) }, []int{0}},
		{"adversarial", []input{{[]int{2, 3}, normal}, {[]int{2, 3}, values(.25, .25, 0, 0, .25, .25)}},
			func(in G.Nodes) (*G.Node, error) { return op.TargetLoss(in[0], in[1]) }, []int{0}},
	}
}

// instance is a case as a graph with its leaves.
type instance struct {
	g   *G.ExprGraph
	in  G.Nodes
	out *G.Node
}

func leafNode(g *G.ExprGraph, name string, shape []int, data []float32) *G.Node {
	return G.NewTensor(g, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name),
		G.WithValue(tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))))
}

func build(t *testing.T, c opCase) instance {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	it := instance{g: G.NewGraph()}
	for i, in := range c.in {
		data := make([]float32, tensor.Shape(in.shape).TotalSize())
		for j := range data {
			data[j] = in.fill(j, r)
		}
		it.in = append(it.in, leafNode(it.g, fmt.Sprint("in", i), in.shape, data))
	}
	out, err := c.make(it.in)
	if err != nil {
		t.Fatal(err)
	}
	it.out = out
	return it
}

// evaluate computes a node by each op's Do on row-major tensors.
func evaluate(t *testing.T, g *G.ExprGraph, n *G.Node) []float32 {
	t.Helper()
	v := evaluateValue(t, g, n)
	d, err := op.Floats(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func evaluateValue(t *testing.T, g *G.ExprGraph, n *G.Node) G.Value {
	t.Helper()
	if n.Op() == nil {
		return n.Value()
	}
	var in []G.Value
	for it := g.From(n.ID()); it.Next(); {
		in = append(in, evaluateValue(t, g, it.Node().(*G.Node)))
	}
	v, err := n.Op().Do(in...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func floats(t *testing.T, n *G.Node) []float32 {
	t.Helper()
	d, err := op.Floats(n.Value())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func dot(a, b []float32) (s float64) {
	for i, x := range a {
		s += float64(x) * float64(b[i])
	}
	return s
}

func TestGradientsEqualFiniteDifferences(t *testing.T) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			it := build(t, c)
			r := rand.New(rand.NewPCG(9, 9))
			var dy *G.Node
			up := make([]float32, max(1, it.out.Shape().TotalSize()))
			for i := range up {
				up[i] = normal(0, r)
			}
			if it.out.Shape().Dims() == 0 {
				dy = G.NewScalar(it.g, tensor.Float32, G.WithName("dy"), G.WithValue(up[0]))
			} else {
				dy = leafNode(it.g, "dy", it.out.Shape(), up)
			}
			var wrt G.Nodes
			for _, i := range c.wrt {
				wrt = append(wrt, it.in[i])
			}
			grads, err := G.Backpropagate(G.Nodes{it.out}, G.Nodes{dy}, wrt)
			if err != nil {
				t.Fatal(err)
			}
			for k, i := range c.wrt {
				x := floats(t, it.in[i])
				dir := make([]float32, len(x))
				for j := range dir {
					dir[j] = float32(r.IntN(2)*2 - 1)
				}
				const h = 1.0 / 64
				kept := slices.Clone(x)
				at := func(step float32) float64 {
					for j := range x {
						x[j] = kept[j] + step*dir[j]
					}
					defer copy(x, kept)
					return dot(evaluate(t, it.g, it.out), up)
				}
				want := (at(h) - at(-h)) / (2 * h)
				got := dot(evaluate(t, it.g, grads[k]), dir)
				if math.Abs(got-want) > tolFinite*max(1, math.Abs(want)) {
					t.Errorf("input %d: gradient along a direction is %g, finite difference %g", i, got, want)
				}
			}
		})
	}
}

func TestOpsLeaveInputsUnmodified(t *testing.T) {
	for _, c := range cases() {
		it := build(t, c)
		var before [][]float32
		for _, n := range it.in {
			before = append(before, slices.Clone(floats(t, n)))
		}
		evaluate(t, it.g, it.out)
		for i, n := range it.in {
			if !slices.Equal(before[i], floats(t, n)) {
				t.Errorf("%s changed its input %d", c.name, i)
			}
		}
	}
}

func TestOpsOfOtherSettingsHashDifferently(t *testing.T) {
	g := G.NewGraph()
	x := leafNode(g, "x", []int{2, 4, 6, 6}, make([]float32, 288))
	w := leafNode(g, "w", []int{4, 4, 3, 3}, make([]float32, 144))
	m := leafNode(g, "m", []int{2, 1, 6, 6}, make([]float32, 72))
	logits := leafNode(g, "logits", []int{2, 3}, make([]float32, 6))
	c := leafNode(g, "c", []int{4}, make([]float32, 4))
	one := leafNode(g, "one", []int{1}, make([]float32, 1))
	norm := func(eps float32) *G.Node {
		y, _, err := op.BatchNorm(x, c, c, nil, eps)
		return must(t)(y, err)
	}
	nodes := []*G.Node{
		must(t)(op.Conv2D(x, w, nil, op.ConvAttr{Stride: 1, Pad: 1})),
		must(t)(op.Conv2D(x, w, nil, op.ConvAttr{Stride: 1, Pad: 2, Dilation: 2})),
		must(t)(op.Erase(x, m, 0.5, kernel.Greater)),
		must(t)(op.Erase(x, m, 0.5, kernel.GreaterEqual)),
		must(t)(op.Erase(x, m, 0.50000006, kernel.Greater)),
		must(t)(op.AvgPool2D(x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1})),
		must(t)(op.MaxPool2D(x, op.PoolAttr{Size: 3, Stride: 1, Pad: 1})),
		norm(1e-5), norm(1e-3),
		must(t)(op.ReLU6(x)), must(t)(op.SiLU(x)), must(t)(op.Sigmoid(x)), must(t)(op.GELU(x)),
		must(t)(op.LayerNorm(x, c, c, 1e-6)), must(t)(op.LayerNorm(x, c, c, 1e-5)),
		must(t)(op.LRN(x, op.LRNAttr{Size: 5, Alpha: 1e-4, Beta: 0.75, K: 1})),
		must(t)(op.LRN(x, op.LRNAttr{Size: 5, Alpha: 1e-4, Beta: 0.75, K: 2})),
		must(t)(op.AttentionDrop(x, one, 0.8)), must(t)(op.AttentionDrop(x, one, 0.9)),
		must(t)(op.Bilinear(x, 9, 9)), must(t)(op.Bilinear(x, 9, 10)),
		must(t)(op.GuideLoss(m, m)), must(t)(op.GuideMask(m, 0.1, 0.7)),
		must(t)(op.GuideMask(m, 0.1, 0.6)),
		must(t)(op.TargetLoss(logits, logits)), must(t)(op.SigmoidLoss(logits, logits, logits)),
	}
	seen := map[uint32]*G.Node{}
	for _, n := range nodes {
		if other := seen[n.Op().Hashcode()]; other != nil {
			t.Errorf("%v and %v have one hash", n.Op(), other.Op())
		}
		seen[n.Op().Hashcode()] = n
	}
}

func must(t *testing.T) func(*G.Node, error) *G.Node {
	return func(n *G.Node, err error) *G.Node {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
}

func TestWrongInputsAreErrorsThatNameShapes(t *testing.T) {
	g := G.NewGraph()
	x := leafNode(g, "x", []int{2, 4, 6, 6}, make([]float32, 288))
	w := leafNode(g, "w", []int{4, 3, 3, 3}, make([]float32, 108))
	v := leafNode(g, "v", []int{4}, make([]float32, 4))
	two := leafNode(g, "two", []int{2}, make([]float32, 2))
	logits := leafNode(g, "logits", []int{2, 3}, make([]float32, 6))
	for _, c := range []struct {
		name string
		make func() (*G.Node, error)
		want string
	}{
		{"channels", func() (*G.Node, error) { return op.Conv2D(x, w, nil, op.ConvAttr{Stride: 1}) },
			"kernel.Conv: input 1 has shape (4, 3, 3, 3), want [4 4 3 3]"},
		{"rank", func() (*G.Node, error) { return op.ReLU(v) }, "relu: shape (4), want (N,C,H,W)"},
		{"layer norm", func() (*G.Node, error) { return op.LayerNorm(x, v, two, 1e-6) },
			"kernel.LayerNorm: input 2 has shape (2), want [4]"},
		{"missing", func() (*G.Node, error) { return op.Add(x, nil) }, "add: input is missing"},
		{"targets", func() (*G.Node, error) { return op.TargetLoss(logits, two) },
			"kernel.TargetLoss: input 1 has shape (2), want [2 3]"},
		{"logits", func() (*G.Node, error) { return op.TargetLoss(two, two) },
			"loss: logits must be (N,K)"},
		{"window", func() (*G.Node, error) { return op.MaxPool2D(x, op.PoolAttr{Size: 7, Stride: 1}) },
			"max pool: window of 7 is larger than the padded 6x6 input"},
	} {
		if _, err := c.make(); err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}
