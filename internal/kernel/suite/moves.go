package suite

import (
	"math"
	"math/rand/v2"
	"slices"

	"acol/internal/kernel"
)

// moves are the Specs of a training's update.
var moves = family{cases: moveCases, large: movesOf(largeShape, 4), suit: moveSuit,
	reference: moveReference,
	defined: []defined{
		{"the first of equal values is the top, and beside NaN there is none",
			kernel.Top{N: 4, K: 3},
			[][]float32{{1, 5, 5, -1, -2, -3, 0, nan, 9, nan, nan, nan}}, []float64{1, 0, 3, 3}},
		{"the norm of no gradient is not clipped", kernel.ClipFactor{Mean: .5, Limit: 2},
			[][]float32{{0}}, []float64{.5}},
		{"an average that takes nothing stays to the bit",
			kernel.Blend{Tensor: kernel.NewTensor([]int{3}), A: 1, B: -.1},
			[][]float32{{1.1, -2.3, 1e-30}, {5, 6, 7}, {1}, {0}},
			[]float64{float64(float32(1.1)), float64(float32(-2.3)), float64(float32(1e-30))}},
	},
}

// movesOf are those of a tensor of one or all of the axes of x.
func movesOf(x kernel.Shape4, dims int) []kernel.Spec {
	t := kernel.Tensor{Dims: dims, Shape: x}
	return []kernel.Spec{
		kernel.Blend{Tensor: t, A: .5, B: -2}, kernel.BlendSquare{Tensor: t},
		kernel.AdamMove{Tensor: t, Rate: .1, Decay: .05, Eps: 1e-3}, kernel.SumSquares{Tensor: t},
	}
}

func moveCases() []kernel.Spec {
	specs := []kernel.Spec{
		kernel.ClipFactor{Mean: .5, Limit: .1}, kernel.ClipFactor{Mean: 1, Limit: 1000},
		kernel.Top{N: 1, K: 1}, kernel.Top{N: 5, K: 37},
	}
	for _, c := range []int{1, 20, 64} {
		specs = append(specs, kernel.MoveStats{C: c, Rate: .1, Unbias: 1},
			kernel.MoveStats{C: c, Rate: .1, Unbias: 1.25})
	}
	for _, x := range activations {
		specs = append(specs, movesOf(x, 4)...)
		specs = append(specs, movesOf(x, 1)...)
	}
	return specs
}

func moveSuit(_ *rand.Rand, s kernel.Spec, in [][]float32) {
	switch s.(type) {
	case kernel.AdamMove:
		Positive(in[2])
		Positive(in[5])
	case kernel.ClipFactor:
		Positive(in[0])
	}
}

func moveReference(s kernel.Spec, in [][]float32) []float64 {
	of := func(input, i int) float64 { return float64(in[input][i]) }
	switch s := s.(type) {
	case kernel.Blend:
		a, b := float64(s.A)*of(2, 0), float64(s.B)*of(3, 0)
		return Mapped(in[0], func(i int, x float64) float64 { return a*x + b*of(1, i) })
	case kernel.BlendSquare:
		return Mapped(in[0], func(i int, x float64) float64 {
			return of(2, 0)*x + of(3, 0)*of(1, i)*of(1, i)
		})
	case kernel.AdamMove:
		scale, fresh, root := of(3, 0), of(4, 0), of(5, 0)
		return Mapped(in[0], func(i int, w float64) float64 {
			step := of(1, i) / (math.Sqrt(of(2, i))*root + float64(s.Eps))
			return (1-float64(s.Rate)*float64(s.Decay)*scale)*w - float64(s.Rate)*scale*fresh*step
		})
	case kernel.SumSquares:
		sum := 0.0
		for i := range in[0] {
			sum += of(0, i) * of(0, i)
		}
		return []float64{sum}
	case kernel.ClipFactor:
		mean := float64(s.Mean)
		return []float64{mean * min(1, float64(s.Limit)/(mean*math.Sqrt(of(0, 0))+1e-6))}
	case kernel.MoveStats:
		return Mapped(in[0], func(i int, r float64) float64 {
			now := of(1, i)
			if i >= s.C {
				now *= float64(s.Unbias)
			}
			return r + float64(s.Rate)*(now-r)
		})
	case kernel.Top:
		return topReference(s, in[0])
	}
	return nil
}

func topReference(s kernel.Top, x []float32) []float64 {
	out := make([]float64, s.N)
	for i := range out {
		row := x[i*s.K:][:s.K]
		out[i] = float64(s.K)
		if m := slices.Max(row); m == m {
			out[i] = float64(slices.Index(row, m))
		}
	}
	return out
}
