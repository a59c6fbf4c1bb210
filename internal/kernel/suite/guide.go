package suite

import (
	"math"
	"math/rand/v2"
	"slices"

	"acol/internal/kernel"
)

var guides = family{cases: guideCases, large: append(guidesOf(4, 40, 30),
	kernel.Bilinear{X: largeShape, OutH: 20, OutW: 31},
	kernel.BilinearBack{Bilinear: kernel.Bilinear{X: largeShape, OutH: 20, OutW: 31}}),
	suit: guideSuit, reference: guideReference, defined: guideDefined, properties: guideProperties}

func guidesOf(n, h, w int) []kernel.Spec {
	return []kernel.Spec{
		kernel.GuideMask{N: n, H: h, W: w, Low: -.5, High: .7}, // some of each
		kernel.GuideMask{N: n, H: h, W: w, Low: -.5, High: 9},  // too few over High
		kernel.GuideLoss{N: n, H: h, W: w}, kernel.GuideLossBack{N: n, H: h, W: w},
	}
}

func guideCases() []kernel.Spec {
	specs := append(append(guidesOf(1, 1, 1), guidesOf(3, 9, 7)...), guidesOf(2, 33, 40)...)
	for _, b := range []kernel.Bilinear{
		{X: kernel.Shape4{2, 1, 3, 5}, OutH: 12, OutW: 11}, {X: kernel.Shape4{1, 3, 1, 1}, OutH: 4, OutW: 5},
		{X: kernel.Shape4{3, 17, 8, 9}, OutH: 3, OutW: 20}, {X: kernel.Shape4{1, 2, 4, 4}, OutH: 4, OutW: 4},
		{X: kernel.Shape4{2, 1, 13, 13}, OutH: 56, OutW: 56},
	} {
		specs = append(specs, b, kernel.BilinearBack{Bilinear: b})
	}
	return specs
}

// guideSuit makes masks of all that is in one.
func guideSuit(rng *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s.(type) {
	case kernel.GuideLoss, kernel.GuideLossBack:
		for i := range in[1] {
			in[1][i] = []float32{0, 1, kernel.GuideIgnored}[rng.IntN(3)]
		}
	}
}

func guideReference(s kernel.Spec, in [][]float32) []float64 {
	out := make([]float64, kernel.Elements(s.Out()))
	switch s := s.(type) {
	case kernel.Bilinear:
		bilinear(s, func(from, to int, share float64) { out[to] += share * float64(in[0][from]) })
	case kernel.BilinearBack:
		bilinear(s.Bilinear, func(from, to int, share float64) {
			out[from] += share * float64(in[0][to])
		})
	case kernel.GuideMask:
		hw := s.H * s.W
		for i := 0; i < len(out); i += hw {
			copy(out[i:], guideMask(in[0][i:][:hw], s.Low, s.High))
		}
	case kernel.GuideLoss:
		eachCounted(in, func(i int, y, of float64) {
			out[0] -= (y*math.Log(logistic(float64(in[0][i]))) +
				(1-y)*math.Log(logistic(-float64(in[0][i])))) / of
		})
	case kernel.GuideLossBack:
		eachCounted(in, func(i int, y, of float64) {
			out[i] = (logistic(float64(in[0][i])) - y) * float64(in[2][0]) / of
		})
	default:
		return nil
	}
	return out
}

// bilinear calls f with the indices of what each output takes of which input, and the share.
func bilinear(s kernel.Bilinear, f func(from, to int, share float64)) {
	along := func(to, in, out int) (at [2]int, share [2]float64) {
		v := math.Max(0, (float64(to)+.5)*float64(in)/float64(out)-.5)
		first := min(int(v), in-1)
		return [2]int{first, min(first+1, in-1)}, [2]float64{1 - v + float64(first), v - float64(first)}
	}
	y := kernel.Shape4{s.X[0], s.X[1], s.OutH, s.OutW}
	each(y, func(i, n, c, h, w int) {
		rows, ofRow := along(h, s.X[2], s.OutH)
		columns, ofColumn := along(w, s.X[3], s.OutW)
		for a, row := range rows {
			for b, column := range columns {
				f(at(s.X, n, c, row, column), i, ofRow[a]*ofColumn[b])
			}
		}
	})
}

func guideMask(a []float32, low, high float32) []float64 {
	over, top := 0, a[0]
	for _, v := range a {
		top = max(top, v)
		if v > high {
			over++
		}
	}
	if over < kernel.GuideLeast {
		high = kernel.GuideShare * top
	}
	return Mapped(a, func(_ int, v float64) float64 {
		if v < float64(low) {
			return 0
		}
		if v > float64(high) {
			return 1
		}
		return kernel.GuideIgnored
	})
}

// eachCounted calls f for each position that a mask does not ignore, with how many there are.
func eachCounted(in [][]float32, f func(i int, y, of float64)) {
	of := 0.0
	for _, m := range in[1] {
		if m < kernel.GuideIgnored {
			of++
		}
	}
	for i, m := range in[1] {
		if m < kernel.GuideIgnored {
			f(i, float64(m), of)
		}
	}
}

var (
	twoOf31 = kernel.GuideMask{N: 1, H: 1, W: 31, Low: .1, High: .5}
	four    = kernel.GuideLoss{N: 1, H: 1, W: 4}
	doubled = kernel.Bilinear{X: kernel.Shape4{1, 1, 1, 2}, OutH: 1, OutW: 4}
)

// ones returns 31 values of v behind those given.
func ones[T float32 | float64](v T, first ...T) []T {
	return append(first, slices.Repeat([]T{v}, 31-len(first))...)
}

var guideDefined = []defined{
	{"30 positions over High", twoOf31, [][]float32{ones[float32](.55, .9)}, ones[float64](1)},
	{"background", twoOf31, [][]float32{ones[float32](.6, .05)}, ones[float64](1, 0)},
	{"29 positions over High: over 0.7 of the largest", twoOf31,
		[][]float32{ones[float32](.6, .4, .55, .8, .4)}, ones[float64](1, 255, 255, 1, 255)},
	{"a threshold that only the largest passes", twoOf31,
		[][]float32{ones[float32](.52, .9, .2, .2)}, ones[float64](255, 1)},
	{"a map of zeros is background", twoOf31, [][]float32{ones[float32](0)}, ones[float64](0)},
	{"a value of High is no object", twoOf31,
		[][]float32{ones[float32](.6, .5)}, ones[float64](1, 255)},
	{"a value of Low is no background", twoOf31,
		[][]float32{ones[float32](.6, .1)}, ones[float64](1, 255)},
	{"background wins where both thresholds hold", kernel.GuideMask{N: 1, H: 1, W: 2, Low: .9, High: .1},
		[][]float32{{.5, .95}}, []float64{0, 1}},
	{"a NaN is ignored", twoOf31, [][]float32{ones[float32](.6, nan)}, ones[float64](1, 255)},
	{"loss of large logits", four,
		[][]float32{{1000, -1000, 5, 7}, {1, 0, 255, 255}}, []float64{0}},
	{"loss of large wrong logits", four,
		[][]float32{{1000, -1000, 5, 7}, {0, 1, 255, 255}}, []float64{1000}},
	{"loss of nothing", four, [][]float32{{1, 2, 3, 4}, {255, 255, 255, 255}}, []float64{0}},
	{"gradient of nothing", kernel.GuideLossBack(four),
		[][]float32{{1, 2, 3, 4}, {255, 255, 255, 255}, {1}}, []float64{0, 0, 0, 0}},
	{"loss of a NaN that counts", four, [][]float32{{nan, 2, 3, 4}, {1, 1, 0, 255}},
		[]float64{math.NaN()}},
	{"twice the size", doubled, [][]float32{{0, 4}}, []float64{0, 1, 3, 4}},
}

func guideProperties() []Check {
	return []Check{
		{Name: "adjoint of Bilinear", run: func(r *run) {
			rng := rand.New(rand.NewPCG(13, 14))
			s := kernel.Bilinear{X: kernel.Shape4{2, 3, 6, 5}, OutH: 17, OutW: 4}
			x, dy := Random(rng, s.X.Size()), Random(rng, kernel.Elements(s.Out()))
			y := r.compute(s, [][]float32{x})
			dx := r.compute(kernel.BilinearBack{Bilinear: s}, [][]float32{dy})
			checkAdjoint(r, y, dy, x, dx, norm2(x)*norm2(dy))
		}},
		{Name: "slope of GuideLoss", run: func(r *run) {
			rng := rand.New(rand.NewPCG(13, 14))
			s := kernel.GuideLoss{N: 2, H: 6, W: 5}
			in := [][]float32{Random(rng, 60), make([]float32, 60), {3}}
			guideSuit(rng, s, in)
			grad := r.compute(kernel.GuideLossBack(s), in)
			checkSlope(r, rng, in[0], grad, func(v []float32) float64 {
				return 3 * float64(r.compute(s, [][]float32{v, in[1]})[0])
			})
		}},
	}
}
