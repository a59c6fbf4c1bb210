package cam

import (
	"math"
	"testing"
)

func hundredths() (f []float64) {
	for i := range 100 {
		f = append(f, float64(i)*0.01)
	}
	return f
}

func TestFractionsEqualOneLargestComponentEach(t *testing.T) {
	var f Fractions
	var e Extractor
	taus := hundredths()
	for seed := range 120 {
		r := rng(seed)
		h, w := 1+r.Below(30), 1+r.Below(30)
		m := scoreMap(mapKinds[seed%len(mapKinds)], h, w, &r)
		if seed%3 == 0 {
			m = mask(maskKinds[seed%len(maskKinds)], h, w, &r)
		}
		for i := range m.V {
			switch seed % 4 {
			case 1: // values on the fractions themselves, many ties
				m.V[i] = math.Floor(m.V[i]*10) * 0.1
			case 2: // no score map
				m.V[i] = 7*m.V[i] - 3
			}
		}
		if err := f.Set(m, taus); err != nil {
			t.Fatal(err)
		}
		for i, tau := range taus {
			want, err := e.LargestComponent(m, tau)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Box(i); got != want {
				t.Fatalf("seed %d, %dx%d at %g: %v, want %v", seed, h, w, tau, got, want)
			}
		}
	}
}

func TestFractionsRefuse(t *testing.T) {
	var f Fractions
	nan := rows([]float64{1, math.NaN()})
	for _, c := range []struct {
		m    Map
		taus []float64
	}{
		{holed(), nil}, {holed(), []float64{0.5, 0.2}}, {holed(), []float64{0, 1.5}}, {holed(), []float64{-0.1}},
		{holed(), make([]float64, 256)}, {holed(), []float64{math.NaN()}}, {nan, []float64{0.2}}, {Map{}, []float64{0.2}},
	} {
		if err := f.Set(c.m, c.taus); err == nil {
			t.Errorf("no error for a map of %dx%d at %v", c.m.H, c.m.W, c.taus)
		}
	}
	if err := f.Set(New(4, 4), []float64{0, 0.5}); err != nil || f.Box(0) != f.Box(1) {
		t.Errorf("a map of zeros: %v, %v", f.Box(0), err)
	}
}

func BenchmarkFractions(b *testing.B) {
	m, taus := upsampled(14), hundredths()
	var f Fractions
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Set(m, taus); err != nil {
			b.Fatal(err)
		}
	}
}
