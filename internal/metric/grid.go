package metric

import (
	"fmt"
	"math"
)

// Step is the distance between the thresholds of wsolevaluation on a score map.
const Step = 0.001

// Grid is an ascending grid of N thresholds, float64(i)*Step for i from 0 to N-1. The reference
// computes such products too; the quotients i/N differ from some of them in the last bit. A
// figure without thresholds has the grid of one threshold and step 0.
type Grid struct {
	N    int
	Step float64
}

// NewGrid returns the grid of all thresholds below 1, as np.arange(0, 1, step) lists them. A step
// outside of 1e-5 to 1 is an error.
func NewGrid(step float64) (Grid, error) {
	if !(step >= 1e-5 && step <= 1) {
		return Grid{}, fmt.Errorf("threshold step %g, want 1e-5 to 1", step)
	}
	return Grid{N: int(math.Ceil(1 / step)), Step: step}, nil
}

// At returns threshold i.
func (g Grid) At(i int) float64 { return float64(i) * g.Step }

// Values lists the thresholds.
func (g Grid) Values() []float64 {
	v := make([]float64, g.N)
	for i := range v {
		v[i] = g.At(i)
	}
	return v
}

// Index returns the place of a threshold, which must be on the grid to the last bit.
func (g Grid) Index(tau float64) (int, error) {
	for i := range g.N {
		if g.At(i) == tau {
			return i, nil
		}
	}
	return 0, fmt.Errorf("threshold %g: want one of the %d multiples below 1 of the step %g",
		tau, g.N, g.Step)
}
