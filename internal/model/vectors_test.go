package model

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	G "gorgonia.org/gorgonia"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/kernel/backend"
	"acol/internal/npy"
	"acol/internal/op"
	"acol/internal/weights"
)

// shared is a file of the development data, without which the test is skipped.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	root := os.Getenv("ACOL_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(append([]string{root, "data"}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no development data at %s (set ACOL_SHARED)", path)
	}
	return path
}

// allThreads are worth it for images of 224 pixels.
var allThreads = backend.Options{Kernels: "portable"}

// vectorTol is what upstream's own vectors are off by between runtimes.
const vectorTol = 5e-4

// pretrained builds a backbone with the weights of a file, and returns these, the graph, its image
// (1,3,224,224) and its features.
func pretrained(t *testing.T, dir, file string, cfg Backbone) (
	sd *weights.StateDict, b *builder, image []float32, x *G.Node,
) {
	t.Helper()
	sd, _, err := weights.Open(filepath.Join(dir, file+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	c.Backbone = cfg
	m, err := New(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.LoadStart(sd, false); err != nil {
		t.Fatal(err)
	}
	b, image = m.builder(false), make([]float32, 3*224*224)
	x = backbone(b, leafNode(b.g, "image", []int{1, 3, 224, 224}, image))
	if b.err != nil {
		t.Fatal(b.err)
	}
	return sd, b, image, x
}

// The vectors are of the whole classifier: our features, then its 1x1
// convolution, ReLU and mean.
func TestImageNetSqueezeNetGivesItsPublishedTestVectors(t *testing.T) {
	dir := shared(t, "weights")
	sd, b, image, x := pretrained(t, dir, "squeezenet1_1", Backbone{Arch: "squeezenet", Depth: "1.1", Width: 1})
	x = b.layer("classifier", func() (*G.Node, error) {
		return op.Conv2D(x, tensorNode(t, b.g, sd, "classifier.1.weight"), tensorNode(t, b.g, sd, "classifier.1.bias"), op.ConvAttr{Stride: 1})
	})
	x = b.relu(x)
	x = b.layer("mean", func() (*G.Node, error) { return op.GlobalAvgPool(x) })
	if b.err != nil {
		t.Fatal(b.err)
	}
	e := enginetest.Open(t, allThreads)
	vm, err := e.Compile(engine.Plan{Graph: b.g, Outputs: G.Nodes{x}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		copy(image, vector(t, dir, fmt.Sprintf("squeezenet1_1.%d.input.npy", i)))
		want := vector(t, dir, fmt.Sprintf("squeezenet1_1.%d.output.npy", i))
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		for k, v := range vm.Data(x) {
			if math.Abs(float64(v-want[k])) > vectorTol {
				t.Fatalf("vector %d: logit %d is %g, want %g", i, k, v, want[k])
			}
		}
	}
}

// The vectors are of PyTorch on two photographs of ImageNet's: the features, and of GoogLeNet also
// what the file's own classifier says of their mean.
func TestImageNetWeightsGiveTheirTestVectors(t *testing.T) {
	dir := shared(t, "weights")
	for _, c := range []struct {
		file, features, logits string
		backbone               Backbone
	}{
		{"googlenet_bvlc", "googlenet_bvlc.inception5b", "googlenet_bvlc.logits", Backbone{Arch: "googlenet", Depth: "v1", Variant: "bvlc", Width: 1}},
		{"mobilenet_v2_features", "mobilenet_v2.features", "", Backbone{Arch: "mobilenet", Depth: "v2", Width: 1}},
	} {
		sd, b, image, x := pretrained(t, dir, c.file, c.backbone)
		e := enginetest.Open(t, allThreads)
		vm, err := e.Compile(engine.Plan{Graph: b.g, Outputs: G.Nodes{x}})
		if err != nil {
			t.Fatal(err)
		}
		for _, photo := range []string{"ILSVRC2012_val_00000347", "ILSVRC2012_val_00000355"} {
			copy(image, vector(t, dir, photo+".input.npy"))
			if err := vm.RunAll(); err != nil {
				t.Fatal(err)
			}
			features := vm.Data(x)
			nearVector(t, photo+" "+c.features, features, vector(t, dir, photo+"."+c.features+".npy"))
			if c.logits != "" {
				nearVector(t, photo+" "+c.logits, classify(t, sd, features), vector(t, dir, photo+"."+c.logits+".npy"))
			}
		}
	}
}

// classify is fc of the mean of features (1,C,h,w).
func classify(t *testing.T, sd *weights.StateDict, features []float32) []float32 {
	t.Helper()
	tensor := func(name string) ([]float32, []int) {
		w, ok := sd.Get(name)
		if !ok {
			t.Fatalf("no tensor %s", name)
		}
		v, err := w.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return v, w.Shape
	}
	w, shape := tensor("fc.weight")
	logits, _ := tensor("fc.bias")
	hw := len(features) / shape[1]
	for k := range logits {
		for c, v := range w[k*shape[1]:][:shape[1]] {
			sum := float32(0)
			for _, f := range features[c*hw:][:hw] {
				sum += f
			}
			logits[k] += v * sum / float32(hw)
		}
	}
	return logits
}

// nearVector compares relative to the largest value.
func nearVector(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	top := 0.0
	for _, v := range want {
		top = max(top, math.Abs(float64(v)))
	}
	for i, v := range want {
		if math.Abs(float64(got[i]-v)) > 1e-4*top {
			t.Errorf("%s: element %d is %g, want %g", what, i, got[i], v)
			return
		}
	}
}

func vector(t *testing.T, dir, name string) []float32 {
	t.Helper()
	a, err := npy.ReadFile(filepath.Join(dir, "test-vectors", name), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return a.Float32s()
}

func tensorNode(t *testing.T, g *G.ExprGraph, sd *weights.StateDict, name string) *G.Node {
	t.Helper()
	w, ok := sd.Get(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	v, err := w.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return leafNode(g, name, w.Shape, v)
}
