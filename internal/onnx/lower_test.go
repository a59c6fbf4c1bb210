package onnx

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/portable"
)

// stepOf runs one computation on the portable kernels, row-major.
func stepOf(t *testing.T, s kernel.Spec, in ...[]float32) array {
	t.Helper()
	b := portable.New(1)
	defer b.Close()
	return array{s.Out(), kerneltest.Compute(t, b, s, in)}
}

// lowered runs one computation through its ONNX operators.
func lowered(t *testing.T, s kernel.Spec, in ...[]float32) array {
	t.Helper()
	e := newEmitter()
	values, names := map[string]array{}, []string{}
	for i, x := range in {
		name := fmt.Sprint("in", i)
		values[name], names = array{s.In()[i], x}, append(names, name)
	}
	if err := e.run(s, names, "out"); err != nil {
		t.Fatal(err)
	}
	g := e.graph
	for _, i := range e.inits {
		g.message(5, i)
	}
	m := &message{}
	m.message(7, &g)
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return parse(t, b.Bytes()).run(t, values)["out"]
}

func TestOperationsThatOtherBackbonesBring(t *testing.T) {
	x4 := kernel.Shape4{2, 7, 3, 4}
	r := rand.New(rand.NewPCG(1, 1))
	random := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(r.NormFloat64() * 4)
		}
		return out
	}
	x := random(x4.Size())
	for _, s := range []kernel.Spec{
		kernel.Curve{F: kernel.ReLU, X: x4}, kernel.Curve{F: kernel.ReLU6, X: x4},
		kernel.Curve{F: kernel.Sigmoid, X: x4}, kernel.Curve{F: kernel.SiLU, X: x4},
		kernel.Curve{F: kernel.GELU, X: x4},
		kernel.LRN{X: x4, Size: 5, Alpha: 0.1, Beta: 0.75, K: 1},
		kernel.AvgPool{PoolGeom: kernel.PoolGeom{N: 2, C: 7, H: 3, W: 4, KH: 2, KW: 3, StrideH: 2,
			StrideW: 1, PadH: 1, PadW: 1, OH: 2, OW: 4}},
		kernel.MaxPool{PoolGeom: kernel.PoolGeom{N: 2, C: 7, H: 3, W: 4, KH: 2, KW: 2, StrideH: 2,
			StrideW: 2, OH: 2, OW: 2}},
	} {
		assertClose(t, kernel.Kind(s), lowered(t, s, x), stepOf(t, s, x))
	}
	scale := kernel.ScaleChannels{X: x4}
	factors := random(14)
	assertClose(t, "ScaleChannels", lowered(t, scale, x, factors), stepOf(t, scale, x, factors))
	layer := kernel.LayerNorm{X: x4, Eps: 1e-6}
	gain, offset := random(7), random(7)
	assertClose(t, "LayerNorm", lowered(t, layer, x, gain, offset), stepOf(t, layer, x, gain, offset))
	one := kernel.Conv{ConvGeom: kernel.ConvGeom{N: 2, C: 7, H: 3, W: 4, O: 14, KH: 1, KW: 3,
		StrideH: 2, StrideW: 1, PadW: 2, DilH: 1, DilW: 2, Groups: 7}, Bias: true}
	w, bias := random(14*3), random(14)
	assertClose(t, "Conv", lowered(t, one, x, w, bias), stepOf(t, one, x, w, bias))
}

// A map that is constant or not finite is all zeros, and erases nothing.
func TestMapsOfNoMeaningAreZeros(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	s := kernel.ClassMap{Maps: kernel.Shape4{5, 2, 1, 3}}
	x := []float32{9, 9, 9, 1, 2, 4, 9, 9, 9, 3, 3, 3, 9, 9, 9, 1, nan, 2, 9, 9, 9, 1, inf, 2, 1, 0,
		-1, 9, 9, 9}
	labels := []float32{1, 1, 1, 1, 0}
	want := []float32{0, 1. / 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0.5, 0}
	assertClose(t, "class map", lowered(t, s, x, labels), array{[]int{5, 1, 1, 3}, want})
	assertClose(t, "kernel's class map", stepOf(t, s, x, labels), array{[]int{5, 1, 1, 3}, want})
}

func TestAnOperationWithoutCounterpartIsNamed(t *testing.T) {
	e := newEmitter()
	if err := e.run(kernel.NormStats{X: kernel.Shape4{1, 1, 1, 1}}, []string{"x"}, "y"); err == nil ||
		err.Error() != "operation kernel.NormStats has no counterpart in ONNX here" {
		t.Errorf("error %v", err)
	}
	if err := e.run(kernel.LRN{Size: 4}, []string{"x"}, "y"); err == nil ||
		!strings.Contains(err.Error(), "ONNX centres an even number otherwise") {
		t.Errorf("error %v", err)
	}
}
