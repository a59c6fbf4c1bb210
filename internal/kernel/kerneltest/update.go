package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
)

// checkUpdates holds the loops of a training's update to float64 ones, on lengths that fill no
// vector and on one that is shared out to threads.
func checkUpdates(t *testing.T, b backend.Backend) {
	for _, n := range []int{0, 1, 7, 16, 31, 100_003} {
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		w, g := suite.Random(rng, n), suite.Random(rng, n)
		first, second := suite.Random(rng, n), suite.Random(rng, n)
		suite.Positive(second)
		at := func(x []float32, i int) float64 { return float64(x[i]) }

		var wantW, wantM, wantV []float64
		s := backend.SGDStep{
			LR: 0.1, Decay: 0.01, Clip: 0.5, Momentum: 0.9, Keep: 0.9, Nesterov: true,
		}
		for i := range n {
			d := 0.5*at(g, i) + 0.01*at(w, i)
			m := 0.9*at(first, i) + d
			wantM, wantW = append(wantM, m), append(wantW, at(w, i)-0.1*(d+0.9*m))
		}
		x, m := copyOf(w), copyOf(first)
		b.SGD(x, g, m, s)
		Close(t, x, wantW)
		Close(t, m, wantM)

		a := backend.AdamWStep{
			Clip: 0.5, Keep: 0.99, Take1: 0.1, Beta2: 0.9, Take2: 0.1,
			Rate: 0.05, Root: 2, Eps: 1e-3,
		}
		wantW, wantM = nil, nil
		for i := range n {
			d := 0.5 * at(g, i)
			m := at(first, i) + 0.1*(d-at(first, i))
			v := 0.9*at(second, i) + 0.1*d*d
			wantM, wantV = append(wantM, m), append(wantV, v)
			wantW = append(wantW, 0.99*at(w, i)-0.05*m/(2*math.Sqrt(v)+1e-3))
		}
		x, m = copyOf(w), copyOf(first)
		v := copyOf(second)
		b.AdamW(x, g, m, v, a)
		Close(t, x, wantW)
		Close(t, m, wantM)
		Close(t, v, wantV)

		x = copyOf(w)
		b.Blend(x, g, 0.75, 0.25)
		Close(t, x, suite.Mapped(w, func(i int, v float64) float64 { return 0.75*v + 0.25*at(g, i) }))
	}
}

func copyOf(x []float32) []float32 { return append([]float32(nil), x...) }
