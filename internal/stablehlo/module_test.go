package stablehlo_test

import (
	"math"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
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
	for _, s := range kerneltest.Cases() {
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
