package cam

import (
	"math"
	"math/rand/v2"
	"testing"
)

// plateau is a map of 10x10 with n pixels of value hi, and lo elsewhere.
func plateau(n int, lo, hi float64) Map {
	m := New(10, 10)
	for i := range m.V {
		if m.V[i] = lo; i < n {
			m.V[i] = hi
		}
	}
	return m
}

func TestRulesFindAThresholdBetweenObjectAndGround(t *testing.T) {
	for _, c := range []struct {
		name                     string
		m                        Map
		otsu, energy, mean, half float64
	}{
		// Of the levels that separate the two values, Otsu's is the middle one: 51 to 230 of 256
		// begin above 0.2 (level 51) and up to 0.9.
		{"two values", plateau(30, 0.2, 1), 153.0 / 256, 255.0 / 256, 0.44, 0.22},
		{"the same, of another maximum", plateau(30, 40, 200), 153.0 / 256, 255.0 / 256, 0.44, 0.22},
		{"a share of 60 % takes the ground", plateau(10, 0.5, 1), 192.0 / 256, 128.0 / 256, 0.55, 0.275},
		{"a peak on nothing", plateau(10, 0, 1), 128.0 / 256, 255.0 / 256, 0.1, 0.05},
		{"constant", plateau(0, 0.7, 1), 0, 255.0 / 256, 255.0 / 256, 0.5},
		{"zeros", New(10, 10), 0, 0, 0, 0},
		{"below zero", plateau(10, -2, -1), 0, 0, 0, 0},
		{"empty", Map{}, 0, 0, 0, 0},
		{"no number", plateau(10, 0, math.NaN()), 0, 0, 0, 0},
		{"infinite", plateau(10, 0, math.Inf(1)), 0, 0, 0, 0},
	} {
		for _, got := range []struct {
			rule      string
			got, want float64
		}{
			{"otsu", Otsu(c.m), c.otsu}, {"energy", EnergyShare(c.m, 0.6), c.energy},
			{"mean", MeanLevel(c.m, 1), c.mean},
			{"half of the mean", MeanLevel(c.m, 0.5), c.half},
		} {
			if math.Abs(got.got-got.want) > 1e-9 {
				t.Errorf("%s: %s is %g (of 256: %g), want %g", c.name, got.rule, got.got, 256*got.got, got.want)
			}
		}
	}
}

// Otsu's threshold is the one that a search over all levels by the definition finds.
func TestOtsuMaximizesTheVarianceBetweenClasses(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		m := New(12, 12)
		for i := range m.V {
			m.V[i] = rnd.Float64() * rnd.Float64()
		}
		Normalize(m)
		at := func(tau float64) float64 {
			var n, sum [2]float64
			for _, v := range m.V {
				k := 0
				q := math.Floor(min(v*256, 255))
				if q >= tau*256 {
					k = 1
				}
				n[k]++
				sum[k] += q
			}
			if n[0] == 0 || n[1] == 0 {
				return 0
			}
			d := sum[0]/n[0] - sum[1]/n[1]
			return n[0] * n[1] * d * d
		}
		best := 0.0
		for i := range 256 {
			best = max(best, at(float64(i)/256))
		}
		if got := at(Otsu(m)); got < best*(1-1e-12) {
			t.Errorf("at %g the variance is %g, the largest is %g", Otsu(m), got, best)
		}
	}
}
