package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var (
	nan  = float32(math.NaN())
	inf  = float32(math.Inf(1))
	huge = float32(math.MaxFloat32)
)

// checkDefined checks results where arithmetic alone does not say them.
func checkDefined(t *testing.T, b Backend) {
	row := Shape4{1, 1, 1, 5}
	pixel := Shape4{1, 5, 1, 1}
	norm, single := LayerNorm{pixel, 1e-6}, LayerNorm{Shape4{1, 1, 1, 2}, 1e-6}
	maps := ClassMap{Shape4{1, 2, 1, 3}}
	line := PoolGeom{N: 1, C: 1, H: 1, W: 5, KH: 1, KW: 3, StrideH: 1, StrideW: 2, OH: 1, OW: 2}
	for _, c := range []struct {
		name string
		s    Spec
		in   [][]float32
		want []float64
	}{
		{"relu keeps NaN", ReLU{row}, [][]float32{{-1, nan, -inf, inf, 2}}, []float64{0, math.NaN(), 0, math.Inf(1), 2}},
		{"relu's gradient is zero at zero and at NaN", ReLUBack{row}, [][]float32{{0, nan, 1e-40, inf, -1}, {1, 2, 3, 4, nan}}, []float64{0, 0, 3, 4, 0}},
		{"gelu far from zero", GELU{row}, [][]float32{{30, -huge, inf, -inf, nan}}, []float64{30, 0, math.Inf(1), math.NaN(), math.NaN()}},
		{"gelu's gradient far from zero", GELUBack{row}, [][]float32{{huge, -huge, inf, -inf, nan}, {1, 1, 1, 1, 1}}, []float64{1, 0, math.NaN(), math.NaN(), math.NaN()}},
		{"equal channels normalise to the shift", norm, [][]float32{{1e6, 1e6, 1e6, 1e6, 1e6}, {9, 9, 9, 9, 9}, {1, 2, 3, 4, 5}}, []float64{1, 2, 3, 4, 5}},
		{"equal channels have a gradient", LayerNormBackData{LayerNorm{pixel, 1}}, [][]float32{{7, 7, 7, 7, 7}, {1, 1, 1, 1, 2}, {1, 2, 3, 4, 5}}, []float64{-3, -2, -1, 0, 6}},
		{"one channel normalises to the shift", single, [][]float32{{3, -8}, {9}, {2}}, []float64{2, 2}},
		{"one channel has no gradient", LayerNormBackData{single}, [][]float32{{3, -8}, {9}, {2, 5}}, []float64{0, 0}},
		{"NaN takes its position's channels", LayerNorm{Shape4{1, 2, 1, 2}, 1e-6}, [][]float32{{nan, 1, 2, 1}, {1, 1}, {4, 5}}, []float64{math.NaN(), 4, math.NaN(), 5}},
		{"NaN wins a maximum", MaxPool{line}, [][]float32{{nan, inf, 1, -inf, -inf}}, []float64{math.NaN(), 1}},
		{"the first of equals takes the gradient", MaxPoolBack{line}, [][]float32{{7, 7, 5, 5, 5}, {2, 3}}, []float64{2, 0, 3, 0, 0}},
		{"the last NaN takes the gradient", MaxPoolBack{line}, [][]float32{{nan, nan, 9, -inf, nan}, {2, 3}}, []float64{0, 2, 0, 0, 3}},
		{"minus infinity has a first too", MaxPoolBack{line}, [][]float32{{-inf, -inf, -inf, -inf, -inf}, {2, 3}}, []float64{2, 0, 3, 0, 0}},
		{"a map in [0,1]", maps, [][]float32{{9, 9, 9, 1, 3, 2}, {1}}, []float64{0, 1, .5}},
		{"a constant map is zero", maps, [][]float32{{4, 4, 4, 1, 3, 2}, {0}}, []float64{0, 0, 0}},
		{"a map with NaN is zero", maps, [][]float32{{4, nan, 5, 1, 3, 2}, {0}}, []float64{0, 0, 0}},
		{"a map with infinity is zero", maps, [][]float32{{4, -inf, 5, 1, 3, 2}, {0}}, []float64{0, 0, 0}},
		{"a map's span may overflow", maps, [][]float32{{-huge, huge, 0, 1, 3, 2}, {0}}, []float64{0, 1, .5}},
		{"no such class", maps, [][]float32{{4, 4, 4, 1, 3, 2}, {2}}, []float64{math.NaN(), math.NaN(), math.NaN()}},
		{"erase over delta", Erase{row, .5, Greater}, [][]float32{{1, 2, nan, 4, 5}, {.4, .5, .6, nan, inf}}, []float64{1, 2, 0, 4, 0}},
		{"erase from delta", Erase{row, .5, GreaterEqual}, [][]float32{{1, 2, 3, 4, 5}, {.4, .5, .6, nan, -inf}}, []float64{1, 0, 0, 4, 5}},
		{"loss of large logits", SoftmaxLoss{1, 2, false}, [][]float32{{1000, -1000}, {0}}, []float64{0}},
		{"loss of an impossible other class", SoftmaxLoss{1, 2, false}, [][]float32{{1, -inf}, {0}}, []float64{0}},
		{"loss of a hit against the others", SoftmaxLoss{1, 3, true}, [][]float32{{0, 0, 0}, {1}}, []float64{math.Log(3)}},
		{"one class", SoftmaxLossBack{1, 1, true}, [][]float32{{3}, {0}, {2}}, []float64{2}},
	} {
		t.Run(c.name, func(t *testing.T) { checkClose(t, compute(t, b, c.s, c.in), c.want) })
	}
	for _, label := range []float32{-1, 2, .5, nan, inf} {
		t.Run(fmt.Sprintf("label %g", label), func(t *testing.T) {
			in := [][]float32{{1, 2}, {label}, {1}}
			for _, adversarial := range []bool{false, true} {
				checkClose(t, compute(t, b, SoftmaxLoss{1, 2, adversarial}, in[:2]), []float64{math.NaN()})
				checkClose(t, compute(t, b, SoftmaxLossBack{1, 2, adversarial}, in), []float64{math.NaN(), math.NaN()})
			}
		})
	}
	t.Run("gelu keeps its digits", func(t *testing.T) { checkGELU(t, b) })
	t.Run("variance beside a large mean", func(t *testing.T) { checkVariance(t, b) })
	t.Run("pools of ties and NaN", func(t *testing.T) { checkTies(t, b) })
}

// checkGELU holds each value to the true one, however small: (1+erf)/2 in float32 has no digit left where x is -6.
func checkGELU(t *testing.T, b Backend) {
	x := Shape4{1, 7, 11, 241}
	in := make([]float32, x.Size())
	for i := range in {
		in[i] = -13 + 20*float32(i)/float32(len(in))
	}
	for i, got := range compute(t, b, GELU{x}, [][]float32{in}) {
		v := float64(in[i])
		relative := 1e-6 + 1e-7*v*v // e^(-x*x/2) multiplies the rounding of its exponent
		if want := v / 2 * math.Erfc(-v/math.Sqrt2); math.Abs(float64(got)-want) > relative*math.Abs(want)+1e-37 {
			t.Fatalf("gelu of %g is %g, want %g", v, got, want)
		}
	}
}

// checkVariance uses channels whose mean is 4096 times their deviation: the naive
// E[x^2]-E[x]^2 has no digit left of it in float32.
func checkVariance(t *testing.T, b Backend) {
	x := Shape4{3, 16, 20, 20}
	in := random(rand.New(rand.NewPCG(3, 4)), x.Size())
	for i := range in {
		in[i] += 4096
	}
	got, want := compute(t, b, NormStats{x}, [][]float32{in}), reference(NormStats{x}, [][]float32{in})
	checkClose(t, got[:16], want[:16])
	const rounded = 1e-3 // of x itself, to 1/2048 beside a deviation of 1
	for c := 16; c < 32; c++ {
		if math.Abs(float64(got[c])-want[c]) > rounded*want[c] {
			t.Errorf("variance of channel %d is %g, want %g", c-16, got[c], want[c])
		}
	}
}

// checkTies draws from few values, so that most windows have several maxima.
func checkTies(t *testing.T, b Backend) {
	values := []float32{-1, 0, 1, 1, inf, -inf, nan}
	rng := rand.New(rand.NewPCG(5, 6))
	for _, g := range poolGeoms() {
		x, dy := make([]float32, Shape4{g.N, g.C, g.H, g.W}.Size()), random(rng, Shape4{g.N, g.C, g.OH, g.OW}.Size())
		for i := range x {
			x[i] = values[rng.IntN(len(values))]
		}
		checkClose(t, compute(t, b, MaxPool{g}, [][]float32{x}), reference(MaxPool{g}, [][]float32{x}))
		checkClose(t, compute(t, b, MaxPoolBack{g}, [][]float32{x, dy}), reference(MaxPoolBack{g}, [][]float32{x, dy}))
	}
}

// checkReorder takes tensors to each layout that the backend's steps want and back.
func checkReorder(t *testing.T, b Backend) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, shape := range [][]int{{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 64, 9, 9}, {3, 33, 41, 2}, {2, 1, 6, 5}, {1, 0, 2, 3}} {
		x := random(rng, sizeOf(shape))
		nhwc, back := make([]float32, b.Size(shape, NHWC)), make([]float32, len(x))
		if err := b.Reorder(nhwc, x, shape, NHWC, Plain); err != nil {
			t.Fatal(err)
		}
		each(Shape4(shape), func(i, n, c, h, w int) {
			if at := ((n*shape[2]+h)*shape[3]+w)*shape[1] + c; nhwc[at] != x[i] {
				t.Fatalf("shape %v: channel %d of pixel (%d,%d) of image %d is %g, want %g", shape, c, h, w, n, nhwc[at], x[i])
			}
		})
		if err := b.Reorder(back, nhwc, shape, Plain, NHWC); err != nil {
			t.Fatal(err)
		}
		if !sameBits(back, x) {
			t.Errorf("shape %v: there and back differs", shape)
		}
		if err := b.Reorder(back, x, shape, Plain, Plain); err != nil || !sameBits(back, x) {
			t.Errorf("shape %v: a copy differs (%v)", shape, err)
		}
	}
	if err := b.Reorder(make([]float32, 6), make([]float32, 6), []int{2, 3}, NHWC, Plain); err == nil {
		t.Error("a matrix became NHWC")
	}
	if err := b.Reorder(make([]float32, 5), make([]float32, 6), []int{2, 3}, Plain, Plain); err == nil {
		t.Error("six elements went into five")
	}
}
