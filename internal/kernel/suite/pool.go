package suite

import (
	"fmt"
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var pools = family{
	cases: poolCases, large: poolsOf(window(4, 64, 27, 27, 3, 3, 2, 2, 0, 0, 13, 13), largeShape),
	reference: poolReference, defined: poolDefined, properties: poolProperties,
}

func poolsOf(g kernel.PoolGeom, x kernel.Shape4) []kernel.Spec {
	return []kernel.Spec{
		kernel.MaxPool{PoolGeom: g}, kernel.MaxPoolBack{PoolGeom: g},
		kernel.AvgPool{PoolGeom: g}, kernel.AvgPoolBack{PoolGeom: g},
		kernel.GlobalAvgPool{X: x}, kernel.GlobalAvgPoolBack{X: x},
	}
}

func poolCases() []kernel.Spec {
	var specs []kernel.Spec
	for i, g := range poolGeoms() {
		specs = append(specs, poolsOf(g, activations[min(i, len(activations)-1)])...)
	}
	return specs
}

func window(n, c, h, w, kh, kw, strideH, strideW, padH, padW, oh, ow int) kernel.PoolGeom {
	return kernel.PoolGeom{
		N: n, C: c, H: h, W: w, KH: kh, KW: kw, StrideH: strideH, StrideW: strideW,
		PadH: padH, PadW: padW, OH: oh, OW: ow,
	}
}

func poolGeoms() []kernel.PoolGeom {
	return []kernel.PoolGeom{
		window(1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1),
		window(2, 5, 9, 7, 3, 3, 2, 2, 0, 0, 4, 3),
		window(1, 64, 12, 12, 3, 3, 2, 2, 0, 0, 6, 6), // ceil mode: beyond the border
		window(2, 16, 13, 12, 3, 3, 2, 2, 1, 1, 7, 6),
		window(1, 40, 8, 9, 3, 3, 1, 1, 1, 1, 8, 9),
		window(2, 3, 10, 11, 2, 3, 3, 2, 1, 0, 4, 5),
		window(1, 17, 9, 9, 2, 2, 3, 3, 0, 0, 3, 3), // stride beyond the window
		window(3, 24, 40, 33, 3, 3, 2, 2, 0, 0, 20, 16),
	}
}

func poolX(g kernel.PoolGeom) kernel.Shape4 { return kernel.Shape4{g.N, g.C, g.H, g.W} }
func poolY(g kernel.PoolGeom) kernel.Shape4 { return kernel.Shape4{g.N, g.C, g.OH, g.OW} }

// eachWindow visits the inputs x under each output y.
func eachWindow(g kernel.PoolGeom, f func(y int, xs []int)) {
	x := poolX(g)
	each(poolY(g), func(y, n, c, oh, ow int) {
		var xs []int
		for h := oh*g.StrideH - g.PadH; h < oh*g.StrideH-g.PadH+g.KH; h++ {
			for w := ow*g.StrideW - g.PadW; w < ow*g.StrideW-g.PadW+g.KW; w++ {
				if h >= 0 && h < g.H && w >= 0 && w < g.W {
					xs = append(xs, at(x, n, c, h, w))
				}
			}
		}
		f(y, xs)
	})
}

func poolReference(s kernel.Spec, in [][]float32) []float64 {
	out := make([]float64, kernel.Elements(s.Out()))
	switch s := s.(type) {
	case kernel.MaxPool:
		eachWindow(s.PoolGeom, func(y int, xs []int) {
			out[y] = math.Inf(-1)
			for _, x := range xs {
				out[y] = max(out[y], float64(in[0][x]))
			}
		})
	case kernel.MaxPoolBack:
		eachWindow(s.PoolGeom, func(y int, xs []int) {
			best := -1
			for _, x := range xs {
				if v := in[0][x]; best < 0 || v > in[0][best] || v != v {
					best = x
				}
			}
			if best >= 0 {
				out[best] += float64(in[1][y])
			}
		})
	case kernel.AvgPool:
		eachWindow(s.PoolGeom, func(y int, xs []int) {
			for _, x := range xs {
				out[y] += float64(in[0][x]) / float64(s.KH*s.KW)
			}
		})
	case kernel.AvgPoolBack:
		eachWindow(s.PoolGeom, func(y int, xs []int) {
			for _, x := range xs {
				out[x] += float64(in[0][y]) / float64(s.KH*s.KW)
			}
		})
	case kernel.GlobalAvgPool:
		each(s.X, func(i, n, c, _, _ int) {
			out[n*s.X[1]+c] += float64(in[0][i]) / float64(s.X[2]*s.X[3])
		})
	case kernel.GlobalAvgPoolBack:
		each(s.X, func(i, n, c, _, _ int) {
			out[i] = float64(in[0][n*s.X[1]+c]) / float64(s.X[2]*s.X[3])
		})
	default:
		return nil
	}
	return out
}

// line is two windows of three, a column apart, over five values.
var line = window(1, 1, 1, 5, 1, 3, 1, 2, 0, 0, 1, 2)

var poolDefined = []defined{
	{"NaN wins a maximum", kernel.MaxPool{PoolGeom: line}, [][]float32{{nan, inf, 1, -inf, -inf}},
		[]float64{math.NaN(), 1}},
	{"the first of equals takes the gradient", kernel.MaxPoolBack{PoolGeom: line},
		[][]float32{{7, 7, 5, 5, 5}, {2, 3}}, []float64{2, 0, 3, 0, 0}},
	{"the last NaN takes the gradient", kernel.MaxPoolBack{PoolGeom: line},
		[][]float32{{nan, nan, 9, -inf, nan}, {2, 3}}, []float64{0, 2, 0, 0, 3}},
	{"minus infinity has a first too", kernel.MaxPoolBack{PoolGeom: line},
		[][]float32{{-inf, -inf, -inf, -inf, -inf}, {2, 3}}, []float64{2, 0, 3, 0, 0}},
}

func poolProperties() []Check {
	var list []Check
	for i, g := range poolGeoms() {
		seed := uint64(i)
		list = append(list,
			Check{
				Name: fmt.Sprintf("pools of ties and NaN %+v", g),
				run:  func(r *run) { checkTies(r, g, rand.New(rand.NewPCG(5, seed))) },
			},
			Check{
				Name: fmt.Sprintf("adjoints of pools %+v", g),
				run:  func(r *run) { checkPools(r, g, rand.New(rand.NewPCG(6, seed))) },
			})
	}
	return append(list, Check{Name: "adjoint of GlobalAvgPool", run: func(r *run) {
		rng, s := rand.New(rand.NewPCG(5, 6)), kernel.Shape4{2, 24, 5, 7}
		x, dy := Random(rng, s.Size()), Random(rng, s[0]*s[1])
		y := r.compute(kernel.GlobalAvgPool{X: s}, [][]float32{x})
		checkAdjoint(r, y, dy, x, r.compute(kernel.GlobalAvgPoolBack{X: s}, [][]float32{dy}),
			norm2(x)*norm2(dy))
	}})
}

// checkTies draws from few values, so that most windows have several maxima.
func checkTies(r *run, g kernel.PoolGeom, rng *rand.Rand) {
	values := []float32{-1, 0, 1, 1, inf, -inf, nan}
	x, dy := make([]float32, poolX(g).Size()), Random(rng, poolY(g).Size())
	for i := range x {
		x[i] = values[rng.IntN(len(values))]
	}
	forward, back := kernel.MaxPool{PoolGeom: g}, kernel.MaxPoolBack{PoolGeom: g}
	r.close(r.compute(forward, [][]float32{x}), Reference(forward, [][]float32{x}))
	r.close(r.compute(back, [][]float32{x, dy}), Reference(back, [][]float32{x, dy}))
}

// checkPools checks the gradients of both pools of windows.
func checkPools(r *run, g kernel.PoolGeom, rng *rand.Rand) {
	x, dy := Random(rng, poolX(g).Size()), Random(rng, poolY(g).Size())
	scale := norm2(x)*norm2(dy) + 1
	y := r.compute(kernel.MaxPool{PoolGeom: g}, [][]float32{x})
	checkAdjoint(r, y, dy, x, r.compute(kernel.MaxPoolBack{PoolGeom: g}, [][]float32{x, dy}), scale)
	y = r.compute(kernel.AvgPool{PoolGeom: g}, [][]float32{x})
	checkAdjoint(r, y, dy, x, r.compute(kernel.AvgPoolBack{PoolGeom: g}, [][]float32{dy}), scale)
}
