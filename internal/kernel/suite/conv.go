package suite

import (
	"fmt"
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

var convolutions = family{cases: convCases, large: convLarge(), suit: convSuit,
	reference: convReference, properties: convProperties}

func convCases() []kernel.Spec {
	var specs []kernel.Spec
	for i, g := range convGeoms() {
		specs = append(specs, kernel.Conv{ConvGeom: g}, kernel.Conv{ConvGeom: g, Bias: true},
			kernel.ConvBackData{ConvGeom: g}, kernel.ConvBackWeights{ConvGeom: g})
		a, b := kernel.ReLU+kernel.Act(i/2%2), kernel.Act(i%3)
		if g.C/g.Groups*g.KH*g.KW > 300 {
			// What is left of a long sum below 6 has fewer digits than the sum.
			a, b = kernel.ReLU, min(b, kernel.ReLU)
		}
		specs = append(specs,
			kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g, Bias: i%2 == 0}, Act: a, Inference: i%3 == 0},
			kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g, Bias: true}, Residual: true, Act: b,
				Inference: true},
			kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g}, Residual: true})
	}
	for _, x := range activations {
		specs = append(specs, kernel.ChannelSum{X: x})
	}
	return append(specs, kernel.FoldWeights{W: kernel.Shape4{5, 3, 2, 3}, Eps: 1e-5},
		kernel.FoldBias{C: 7, Eps: 1e-3, Bias: true}, kernel.FoldBias{C: 7, Eps: 1e-5})
}

// activations are shapes (N,C,H,W) that fill no block.
var activations = []kernel.Shape4{
	{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 16, 9, 4}, {3, 40, 13, 13}, {2, 64, 30, 31}, {2, 300, 3, 5},
}

func convLarge() []kernel.Spec {
	fire := square(3, 16, 27, 27, 64, 3, 1, 1)
	down := square(2, 64, 14, 14, 130, 3, 2, 1)
	deep := square(3, 44, 27, 27, 44, 3, 2, 1)
	deep.StrideW, deep.Groups = 1, 44
	var specs []kernel.Spec
	for i, g := range []kernel.ConvGeom{deep, fire, down} {
		specs = append(specs, kernel.Conv{ConvGeom: g, Bias: i < 2}, kernel.ConvBackData{ConvGeom: g},
			kernel.ConvBackWeights{ConvGeom: g})
	}
	return append(specs, kernel.ChannelSum{X: largeShape},
		kernel.ConvAct{Conv: kernel.Conv{ConvGeom: fire, Bias: true}, Residual: true, Act: kernel.ReLU},
		kernel.FoldWeights{W: down.Weights(), Eps: 1e-5}, kernel.FoldBias{C: 64, Eps: 1e-5, Bias: true})
}

// largeShape is an activation with work for several threads.
var largeShape = kernel.Shape4{4, 64, 27, 27}

func square(n, c, h, w, o, k, stride, pad int) kernel.ConvGeom {
	return geom(n, c, h, w, o, k, k, stride, stride, pad, pad, 1, 1, 1)
}

// geom is a geometry of which everything is chosen.
func geom(
	n, c, h, w, o, kh, kw, strideH, strideW, padH, padW, dilH, dilW, groups int,
) kernel.ConvGeom {
	return kernel.ConvGeom{
		N: n, C: c, H: h, W: w, O: o, KH: kh, KW: kw, StrideH: strideH, StrideW: strideW,
		PadH: padH, PadW: padW, DilH: dilH, DilW: dilW, Groups: groups,
	}
}

func convGeoms() []kernel.ConvGeom {
	return []kernel.ConvGeom{
		square(1, 1, 1, 1, 1, 1, 1, 0),
		square(2, 3, 11, 9, 20, 3, 2, 0),               // a first layer
		square(1, 3, 23, 22, 64, 7, 2, 3),              // ResNet's
		square(2, 16, 13, 13, 64, 3, 1, 1),             // fire expand
		square(3, 64, 7, 9, 16, 1, 1, 0),               // squeeze, straight from x
		square(2, 48, 6, 6, 33, 1, 1, 0),               // a panel not filled
		square(1, 1024, 3, 3, 70, 1, 1, 0),             // rows a page apart
		square(1, 72, 9, 8, 40, 3, 1, 1),               // patches in two blocks
		square(2, 20, 9, 10, 24, 1, 2, 0),              // phases without taps
		square(2, 12, 12, 11, 17, 3, 2, 1),             //
		square(1, 5, 10, 12, 6, 2, 3, 0),               // stride beyond the kernel
		square(1, 7, 5, 6, 9, 3, 1, 4),                 // padding beyond the kernel
		square(1, 4, 6, 5, 400, 3, 1, 2),               // many columns
		square(1, 9, 47, 45, 10, 3, 1, 1),              // many rows: several slices of them
		square(1, 530, 4, 4, 270, 1, 1, 0),             // several blocks of both
		geom(2, 6, 9, 8, 4, 3, 2, 2, 1, 2, 1, 1, 2, 1), // nothing symmetric
		geom(1, 5, 14, 13, 7, 3, 3, 1, 1, 2, 3, 2, 3, 1),
		geom(1, 5, 17, 15, 7, 3, 3, 2, 3, 4, 1, 3, 2, 1),
		geom(2, 8, 7, 6, 12, 3, 3, 1, 1, 1, 1, 1, 1, 4), // groups
		geom(1, 40, 6, 6, 40, 3, 3, 2, 2, 1, 1, 1, 1, 2),
		geom(1, 64, 5, 4, 32, 1, 1, 1, 1, 0, 0, 1, 1, 2),
		geom(1, 32, 9, 7, 64, 3, 3, 2, 1, 1, 1, 1, 1, 8), // narrow groups
		geom(2, 60, 5, 6, 30, 3, 1, 1, 1, 1, 0, 1, 1, 15),
		geom(2, 19, 9, 8, 19, 3, 3, 1, 1, 1, 1, 1, 1, 19), // depthwise
		geom(1, 32, 9, 9, 32, 5, 3, 2, 1, 2, 1, 1, 2, 32),
		geom(2, 44, 8, 11, 44, 3, 3, 2, 2, 1, 1, 1, 1, 44),
		geom(1, 5, 4, 3, 5, 7, 5, 3, 2, 3, 4, 1, 1, 5),    // kernel beyond the input
		geom(1, 6, 7, 7, 12, 3, 3, 1, 1, 1, 1, 1, 1, 6),   // two outputs of each channel
		geom(1, 2, 1, 8, 608, 1, 3, 1, 2, 0, 1, 1, 1, 2),  // two taps back in two blocks of columns
		geom(3, 11, 9, 13, 17, 3, 4, 1, 2, 3, 1, 1, 2, 1), // rows of outputs in the padding alone
		geom(2, 76, 1, 1, 76, 4, 2, 1, 2, 3, 1, 2, 1, 4),  // no tap meets the input
		geom(2, 16, 3, 1, 64, 3, 3, 2, 2, 1, 1, 1, 1, 1),  // some taps never do
	}
}

func convSuit(_ *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s := s.(type) {
	case kernel.FoldWeights:
		Positive(in[1][s.W[0]:])
	case kernel.FoldBias:
		Positive(in[0][s.C:])
	}
}

func convReference(s kernel.Spec, in [][]float32) []float64 {
	switch s := s.(type) {
	case kernel.Conv:
		y := make([]float64, s.Y().Size())
		if s.Bias {
			each(s.Y(), func(i, n, o, h, w int) { y[i] = float64(in[2][o]) })
		}
		eachTerm(s.ConvGeom, func(x, w, i int) { y[i] += float64(in[0][x]) * float64(in[1][w]) })
		return y
	case kernel.ConvAct:
		return activated(Reference(s.Conv, in), residualOf(s.Residual, in), s.Act)
	case kernel.ConvBackData:
		dx := make([]float64, s.X().Size())
		eachTerm(s.ConvGeom, func(x, w, y int) { dx[x] += float64(in[0][w]) * float64(in[1][y]) })
		return dx
	case kernel.ConvBackWeights:
		dw := make([]float64, s.Weights().Size())
		eachTerm(s.ConvGeom, func(x, w, y int) { dw[w] += float64(in[0][x]) * float64(in[1][y]) })
		return dw
	case kernel.ChannelSum:
		sums := make([]float64, s.X[1])
		each(s.X, func(i, n, c, h, w int) { sums[c] += float64(in[0][i]) })
		return sums
	case kernel.FoldWeights:
		return Mapped(in[0], func(i int, v float64) float64 {
			o := i / (s.W.Size() / s.W[0])
			return v * float64(in[2][o]) / math.Sqrt(float64(in[1][s.W[0]+o])+float64(s.Eps))
		})
	case kernel.FoldBias:
		return Mapped(in[2], func(o int, shift float64) float64 {
			b := -float64(in[0][o])
			if s.Bias {
				b += float64(in[3][o])
			}
			return shift + b*float64(in[1][o])/math.Sqrt(float64(in[0][s.C+o])+float64(s.Eps))
		})
	}
	return nil
}

// eachTerm visits the products x*w that make up y, by their positions.
func eachTerm(g kernel.ConvGeom, f func(x, w, y int)) {
	xs, ws, ys := g.X(), g.Weights(), g.Y()
	each(ys, func(y, n, o, oh, ow int) {
		for c := range ws[1] {
			for kh := range g.KH {
				for kw := range g.KW {
					h, w := oh*g.StrideH-g.PadH+kh*g.DilH, ow*g.StrideW-g.PadW+kw*g.DilW
					if h >= 0 && h < g.H && w >= 0 && w < g.W {
						f(at(xs, n, o/(g.O/g.Groups)*ws[1]+c, h, w), at(ws, o, c, kh, kw), y)
					}
				}
			}
		}
	})
}

func convProperties() []Check {
	var list []Check
	rng := rand.New(rand.NewPCG(9, 10))
	for range 40 {
		g := randomGeom(rng)
		for _, s := range []kernel.Spec{kernel.Conv{ConvGeom: g, Bias: true},
			kernel.ConvBackData{ConvGeom: g}, kernel.ConvBackWeights{ConvGeom: g}} {
			list = append(list, caseOf(fmt.Sprintf("random %s%+v", kernel.Kind(s), g), s))
		}
	}
	for i, g := range convGeoms() {
		list = append(list, Check{
			Name: fmt.Sprintf("adjoints of convolution %+v", g),
			run:  func(r *run) { checkConv(r, g, rand.New(rand.NewPCG(9, uint64(i)))) },
		})
	}
	return list
}

// checkConv checks both gradients of a convolution.
func checkConv(r *run, g kernel.ConvGeom, rng *rand.Rand) {
	x, w := Random(rng, g.X().Size()), Random(rng, g.Weights().Size())
	dy := Random(rng, g.Y().Size())
	y := r.compute(kernel.Conv{ConvGeom: g}, [][]float32{x, w})
	scale := norm2(y)*norm2(dy) + 1
	dx := r.compute(kernel.ConvBackData{ConvGeom: g}, [][]float32{w, dy})
	checkAdjoint(r, y, dy, x, dx, scale)
	dw := r.compute(kernel.ConvBackWeights{ConvGeom: g}, [][]float32{x, dy})
	checkAdjoint(r, y, dy, w, dw, scale)
}

// randomGeom is a geometry that nobody chose.
func randomGeom(rng *rand.Rand) kernel.ConvGeom {
	for {
		groups := 1 + rng.IntN(8)/6*rng.IntN(4)
		g := kernel.ConvGeom{
			N: 1 + rng.IntN(3), C: groups * (1 + rng.IntN(20)), H: 1 + rng.IntN(12), W: 1 + rng.IntN(12),
			O: groups * (1 + rng.IntN(40)), KH: 1 + rng.IntN(4), KW: 1 + rng.IntN(4),
			StrideH: 1 + rng.IntN(3), StrideW: 1 + rng.IntN(3), PadH: rng.IntN(5), PadW: rng.IntN(5),
			DilH: 1 + rng.IntN(2), DilW: 1 + rng.IntN(3), Groups: groups,
		}
		if g.Validate() == nil {
			return g
		}
	}
}
