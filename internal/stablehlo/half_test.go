package stablehlo_test

import (
	"regexp"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/stablehlo"
)

// pointwise is a convolution of one image of two channels and one pixel.
var pointwise = kernel.ConvGeom{
	N: 1, C: 2, H: 1, W: 1, O: 2, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, Groups: 1,
}

// twoConvolutions is a ReLU between two convolutions; the second one's maps go to what reads them.
func twoConvolutions(reader kernel.Spec, more ...int) backend.Graph {
	x := []int{1, 2, 1, 1}
	w := []int{2, 2, 1, 1}
	return backend.Graph{
		Nodes: []backend.GraphNode{
			{Shape: x}, {Shape: w},
			{Shape: x, Spec: kernel.Conv{ConvGeom: pointwise}, In: []int{0, 1}},
			{Shape: x, Spec: kernel.Curve{F: kernel.ReLU, X: kernel.Shape4(x)}, In: []int{2}},
			{Shape: x, Spec: kernel.Conv{ConvGeom: pointwise}, In: []int{3, 1}},
			{Shape: []int{1}},
			{Shape: reader.Out(), Spec: reader, In: append([]int{4}, more...)},
		},
		Outputs: []int{6},
	}
}

var (
	convolution = regexp.MustCompile(`stablehlo.convolution.* : ` +
		`\(tensor<[\dx]+x(\w+)>, tensor<[\dx]+x(\w+)>\) -> tensor<[\dx]+x(\w+)>`)
	rounded = regexp.MustCompile(`stablehlo.convert .* -> tensor<[\dx]+xbf16>`)
)

// convolved lists the kinds of elements of a module's convolutions, operands and result.
func convolved(t *testing.T, g backend.Graph, p backend.Precision) (kinds []string, text string) {
	t.Helper()
	module, err := stablehlo.Module(g, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range convolution.FindAllStringSubmatch(string(module), -1) {
		kinds = append(kinds, strings.Join(m[1:], " "))
	}
	return kinds, string(module)
}

func TestBF16IsWhatLiesBetweenConvolutions(t *testing.T) {
	shape := kernel.Shape4{1, 2, 1, 1}
	for _, c := range []struct {
		what   string
		g      backend.Graph
		second string // the maps
	}{
		{"pooled", twoConvolutions(kernel.GlobalAvgPool{X: shape}), "bf16 bf16 bf16"},
		{"normalised", twoConvolutions(kernel.ClassMap{Maps: shape}, 5), "bf16 bf16 f32"},
	} {
		kinds, text := convolved(t, c.g, backend.BF16)
		if len(kinds) != 2 || kinds[0] != "bf16 bf16 bf16" || kinds[1] != c.second {
			t.Errorf("maps that are %s: convolutions %q in\n%s", c.what, kinds, text)
		}
		// x, w and what the ReLU gives are rounded once each.
		if n := len(rounded.FindAllString(text, -1)); n != 3 {
			t.Errorf("maps that are %s: %d roundings in\n%s", c.what, n, text)
		}
		head := "%arg0: tensor<1x2x1x1xf32>, %arg1: tensor<2x2x1x1xf32>"
		if !strings.Contains(text, head) {
			t.Errorf("maps that are %s: the arguments are not float32 in\n%s", c.what, text)
		}
	}
}

// GPUs multiply in bfloat16 only where the result is bfloat16 too.
func TestGradientsOfWeightsAreProductsOfBF16(t *testing.T) {
	g := graphOf(kernel.ConvBackWeights{ConvGeom: pointwise})
	kinds, text := convolved(t, g, backend.BF16)
	if len(kinds) != 1 || kinds[0] != "bf16 bf16 bf16" ||
		!strings.Contains(text, "-> (tensor<2x2x1x1xf32>)") {
		t.Errorf("convolutions %q in\n%s", kinds, text)
	}
}

func TestOnlyTF32LetsAGPUMultiplyWithLess(t *testing.T) {
	for p, want := range map[backend.Precision]string{
		backend.FP32: "HIGHEST", backend.TF32: "DEFAULT",
	} {
		kinds, text := convolved(t, graphOf(kernel.Conv{ConvGeom: pointwise}), p)
		if kinds[0] != "f32 f32 f32" || strings.Count(text, "#stablehlo<precision "+want+">") != 2 {
			t.Errorf("%s: %s", p, text)
		}
	}
}
