package op_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/op"
)

// tolGolden is float32's rounding through one operation, relative to the largest value.
const tolGolden = 4e-6

// asPyTorch makes the operations of testdata/pytorch.json.
var asPyTorch = map[string]func(in G.Nodes) (*G.Node, error){
	"lrn": func(in G.Nodes) (*G.Node, error) {
		return op.LRN(in[0], op.LRNAttr{Size: 5, Alpha: 0.5, Beta: 0.75, K: 1})
	},
	"lrn even": func(in G.Nodes) (*G.Node, error) {
		return op.LRN(in[0], op.LRNAttr{Size: 4, Alpha: 0.3, Beta: 0.6, K: 2})
	},
	"relu6":      func(in G.Nodes) (*G.Node, error) { return op.ReLU6(in[0]) },
	"sigmoid":    func(in G.Nodes) (*G.Node, error) { return op.Sigmoid(in[0]) },
	"silu":       func(in G.Nodes) (*G.Node, error) { return op.SiLU(in[0]) },
	"gelu":       func(in G.Nodes) (*G.Node, error) { return op.GELU(in[0]) },
	"layer norm": func(in G.Nodes) (*G.Node, error) { return op.LayerNorm(in[0], in[1], in[2], 1e-6) },
	"layer scale": func(in G.Nodes) (*G.Node, error) {
		return op.Conv2D(in[0], in[1], nil, op.ConvAttr{Stride: 1, Groups: 6})
	},
	"scale channels": func(in G.Nodes) (*G.Node, error) {
		return op.ScaleChannels(in[0], in[1])
	},
	"spatial mean": func(in G.Nodes) (*G.Node, error) { return op.SpatialMean(in[0]) },
	"attention drop": func(in G.Nodes) (*G.Node, error) {
		return op.AttentionDrop(in[0], in[1], 0.8)
	},
	"attention importance": func(in G.Nodes) (*G.Node, error) {
		return op.AttentionDrop(in[0], in[1], 0.8)
	},
	"depthwise": func(in G.Nodes) (*G.Node, error) {
		return op.Conv2D(in[0], in[1], in[2], op.ConvAttr{Stride: 2, Pad: 1, Groups: 6})
	},
	"narrow groups": func(in G.Nodes) (*G.Node, error) {
		return op.Conv2D(in[0], in[1], nil, op.ConvAttr{Stride: 1, Pad: 1, Groups: 3})
	},
	"conv 1x7": func(in G.Nodes) (*G.Node, error) {
		return op.Conv2D(in[0], in[1], nil, op.ConvAttr{Stride: 1, PadW: 3})
	},
	"target loss":  func(in G.Nodes) (*G.Node, error) { return op.TargetLoss(in[0], in[1]) },
	"bilinear":     func(in G.Nodes) (*G.Node, error) { return op.Bilinear(in[0], 7, 5) },
	"guide loss":   func(in G.Nodes) (*G.Node, error) { return op.GuideLoss(in[0], in[1]) },
	"guide mask":   func(in G.Nodes) (*G.Node, error) { return op.GuideMask(in[0], 0.1, 0.7) },
	"sigmoid loss": func(in G.Nodes) (*G.Node, error) { return op.SigmoidLoss(in[0], in[1], in[2]) },
}

func TestOpsAndGradientsEqualPyTorch(t *testing.T) {
	raw, err := os.ReadFile("testdata/pytorch.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name   string
		Shapes [][]int
		In     [][]float32
		Up     []float32
		Out    []float64
		Grads  [][]float64
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != len(asPyTorch) {
		t.Fatalf("%d goldens for %d operations", len(cases), len(asPyTorch))
	}
	for _, c := range cases {
		g := G.NewGraph()
		var in G.Nodes
		for i, shape := range c.Shapes {
			in = append(in, leafNode(g, "in"+string(rune('0'+i)), shape, c.In[i]))
		}
		y, err := asPyTorch[c.Name](in)
		if err != nil {
			t.Fatal(err)
		}
		var up *G.Node
		if y.Shape().Dims() == 0 {
			up = G.NewScalar(g, tensor.Float32, G.WithName("up"), G.WithValue(c.Up[0]))
		} else {
			up = leafNode(g, "up", y.Shape(), c.Up)
		}
		var grads G.Nodes
		if len(c.Grads) > 0 {
			if grads, err = G.Backpropagate(G.Nodes{y}, G.Nodes{up}, in[:len(c.Grads)]); err != nil {
				t.Fatal(err)
			}
		}
		nearGolden(t, c.Name, evaluate(t, g, y), c.Out)
		for i, want := range c.Grads {
			nearGolden(t, c.Name+", gradient of input "+string(rune('0'+i)), evaluate(t, g, grads[i]), want)
		}
	}
}

func nearGolden(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	top := 1e-3
	for _, v := range want {
		top = max(top, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= tolGolden*top) {
			t.Errorf("%s: element %d is %g, want %g", what, i, got[i], v)
			return
		}
	}
}
