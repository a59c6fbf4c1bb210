package metric

import (
	"math"
	"testing"
)

func TestThresholdsAreProductsAndNotQuotients(t *testing.T) {
	g, err := NewGrid(Step)
	if err != nil {
		t.Fatal(err)
	}
	taus, differ := g.Values(), 0
	if len(taus) != 1000 || taus[0] != 0 || taus[999] != 0.999 {
		t.Fatalf("%d thresholds from %g to %g", len(taus), taus[0], taus[len(taus)-1])
	}
	for i, tau := range taus {
		step := Step
		if tau != float64(i)*step {
			t.Errorf("threshold %d is %v", i, tau)
		}
		if tau != float64(i)/1000 {
			differ++
		}
	}
	if differ != 144 {
		t.Errorf("%d thresholds differ from i/1000, want 144", differ)
	}
	for step, want := range map[float64]int{1: 1, 0.2: 5, 0.3: 4, 0.01: 100} {
		g, err := NewGrid(step)
		if err != nil || len(g.Values()) != want {
			t.Errorf("step %g: %d thresholds, want %d (%v)", step, len(g.Values()), want, err)
		}
	}
	for _, step := range []float64{0, -1, 1e-6, 2, math.NaN()} {
		if _, err := NewGrid(step); err == nil {
			t.Errorf("no error for a step of %g", step)
		}
	}
}

func TestThresholdsAreFoundOnTheirGridToTheBit(t *testing.T) {
	g := Grid{N: 1000, Step: Step}
	for i, tau := range g.Values() {
		if at, err := g.Index(tau); err != nil || at != i {
			t.Fatalf("threshold %v is at %d, want %d (%v)", tau, at, i, err)
		}
	}
	for _, tau := range []float64{0.0005, math.Nextafter(0.1, 1), 1, -Step, math.NaN()} {
		if _, err := g.Index(tau); err == nil {
			t.Errorf("no error for %v", tau)
		}
	}
}
