package model

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	G "gorgonia.org/gorgonia"

	"acol/internal/engine"
	"acol/internal/kernel"
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

// vectorTol is what upstream's own vectors are off by between runtimes.
const vectorTol = 5e-4

// The vectors are of the whole classifier: our features, then its 1x1
// convolution, ReLU and mean.
func TestImageNetSqueezeNetGivesItsPublishedTestVectors(t *testing.T) {
	dir := shared(t, "weights")
	sd, _, err := weights.Open(filepath.Join(dir, "squeezenet1_1.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Backbone = Backbone{Arch: "squeezenet", Depth: "1.1", Width: 1}
	m, err := New(cfg, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.LoadStart(sd, false); err != nil {
		t.Fatal(err)
	}
	b := m.builder(false)
	image := make([]float32, 3*224*224)
	x := backbone(b, leafNode(b.g, "image", []int{1, 3, 224, 224}, image))
	x = b.layer("classifier", func() (*G.Node, error) {
		return op.Conv2D(x, tensorNode(t, b.g, sd, "classifier.1.weight"), tensorNode(t, b.g, sd, "classifier.1.bias"), op.ConvAttr{Stride: 1})
	})
	x = b.relu(x)
	x = b.layer("mean", func() (*G.Node, error) { return op.GlobalAvgPool(x) })
	if b.err != nil {
		t.Fatal(b.err)
	}
	e := engine.New(kernel.NewPortable(0))
	defer e.Close()
	vm, err := e.Compile(b.g, x)
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
