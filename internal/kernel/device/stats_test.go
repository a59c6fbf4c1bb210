package device_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
)

// The statistics of a batch are taken of what it is away from its first image's mean.
func TestStatisticsKeepTheirDigitsWhereTheFirstImageIsFar(t *testing.T) {
	s := kernel.NormStats{X: kernel.Shape4{8, 4, 6, 6}}
	const first, constant, broken = 0, 1, 2 // channels
	x, rng := make([]float32, s.X.Size()), rand.New(rand.NewPCG(1, 2))
	at := func(n, c, i int) *float32 { return &x[(n*s.X[1]+c)*36+i] }
	for n := range s.X[0] {
		for i := range 36 {
			for c := range s.X[1] {
				*at(n, c, i) = rng.Float32()
			}
			if *at(n, first, i) += 40960; n == 0 {
				*at(n, first, i) += 1000
			}
			*at(n, constant, i) = 0.1
		}
	}
	*at(3, broken, 5) = float32(math.NaN())
	got := kerneltest.Compute(t, open(t, backend.FP32), s, [][]float32{x})
	want := make([]float64, len(got))
	for c := range s.X[1] {
		n := float64(s.X[0] * 36)
		for k := range s.X[0] * 36 {
			want[c] += float64(*at(k/36, c, k%36)) / n
		}
		for k := range s.X[0] * 36 {
			d := float64(*at(k/36, c, k%36)) - want[c]
			want[s.X[1]+c] += d * d / n
		}
	}
	for i, w := range want {
		g := float64(got[i])
		if math.IsNaN(w) != math.IsNaN(g) || math.Abs(g-w) > 1e-5*math.Abs(w)+1e-12 {
			t.Errorf("statistic %d is %v, want %v", i, g, w)
		}
	}
	if v := got[s.X[1]+constant]; v < 0 || v > 1e-12 {
		t.Errorf("the variance of a constant is %v", v)
	}
}
