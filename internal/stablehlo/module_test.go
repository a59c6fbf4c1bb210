package stablehlo_test

import (
	"math"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
	"acol/internal/stablehlo"
)

// graphOf is a graph of one Spec on leaves.
func graphOf(s kernel.Spec) backend.Graph {
	var g backend.Graph
	n := backend.GraphNode{Spec: s, Shape: s.Out()}
	for i, shape := range s.In() {
		g.Nodes = append(g.Nodes, backend.GraphNode{Shape: shape, Bytes: kernel.ReadsBytes(s, i)})
		n.In = append(n.In, i)
	}
	g.Outputs = []int{len(g.Nodes)}
	g.Nodes = append(g.Nodes, n)
	return g
}

// What the text computes is tested on a plugin, by package device.
func TestEverySpecHasACounterpart(t *testing.T) {
	for _, s := range kernel.All() {
		if !stablehlo.Has(s) {
			t.Errorf("%s has no line in the table", kernel.Kind(s))
		}
	}
	for _, s := range suite.Cases() {
		text, err := stablehlo.Module(graphOf(s), backend.FP32)
		if err != nil || !strings.Contains(string(text), "func.func public @main(%arg0: tensor<") {
			t.Errorf("%s%+v: %v: %s", kernel.Kind(s), s, err, text)
		}
	}
}

// unknown is a Spec of nobody's.
type unknown struct{}

func (unknown) In() [][]int { return [][]int{{1}} }
func (unknown) Out() []int  { return []int{1} }

func TestAnOperationWithoutCounterpartIsNamed(t *testing.T) {
	_, err := stablehlo.Module(graphOf(unknown{}), backend.FP32)
	if err == nil || err.Error() != "operation unknown has no counterpart in StableHLO here" {
		t.Errorf("error %v", err)
	}
}

// Constants are written by their bits: no decimal is rounded twice.
func TestConstantsAreScalarsOfTheirBits(t *testing.T) {
	s := kernel.Add{}
	g := backend.Graph{
		Nodes: []backend.GraphNode{
			{Const: []float32{0.1}}, {Const: []float32{float32(math.Inf(-1))}},
			{Spec: s, In: []int{0, 1}},
		},
		Outputs: []int{2},
	}
	text, err := stablehlo.Module(g, backend.FP32)
	if err != nil {
		t.Fatal(err)
	}
	want := `module @acol {
  func.func public @main() -> (tensor<f32>) {
    %1 = stablehlo.constant dense<0x3DCCCCCD> : tensor<f32>
    %2 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %3 = stablehlo.add %1, %2 : tensor<f32>
    return %3 : tensor<f32>
  }
}
`
	if string(text) != want {
		t.Errorf("the module is\n%s, want\n%s", text, want)
	}
}

// What devices exchange is float32, whatever activations are, and the module says how many they
// are.
func TestReplicasExchangeFloat32(t *testing.T) {
	x, c := kernel.Shape4{2, 3, 4, 5}, 3
	conv := kernel.Conv{ConvGeom: kernel.ConvGeom{
		N: 2, C: 3, H: 4, W: 5, O: 3, KH: 1, KW: 1, Groups: 1,
		StrideH: 1, StrideW: 1, DilH: 1, DilW: 1,
	}}
	g := backend.Graph{Replicas: 2, Outputs: []int{4, 5, 6}, Nodes: []backend.GraphNode{
		{Shape: x[:], Split: true}, {Shape: []int{3, 3, 1, 1}},
		{Spec: conv, In: []int{0, 1}},
		{Spec: kernel.NormStats{X: x}, In: []int{2}},
		{Spec: kernel.PartSum{Tensor: kernel.NewTensor(x[:])}, In: []int{2}},
		{Spec: kernel.PartStats{C: c, Share: .5}, In: []int{3}},
		{Spec: kernel.PartSums{C: c, Share: .5}, In: []int{3}},
	}}
	for _, p := range []backend.Precision{backend.FP32, backend.BF16} {
		text, err := stablehlo.Module(g, p)
		if err != nil {
			t.Fatal(err)
		}
		exchanges := 0
		const all = "replica_groups = dense<[[0, 1]]> : tensor<1x2xi64>"
		for part := range strings.SplitSeq(string(text), all) {
			_, types, _ := strings.Cut(part, " : (")
			types, _, _ = strings.Cut(types, "\n")
			if exchanges++; exchanges > 1 && strings.Contains(types, "bf16") {
				t.Errorf("%s: exchanged as %s", p, types)
			}
		}
		if exchanges != 4 || !strings.HasPrefix(string(text), "module @acol attributes "+
			"{mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 2 : i32} {\n") {
			t.Errorf("%s: %d exchanges in %s", p, exchanges-1, text)
		}
	}
}
