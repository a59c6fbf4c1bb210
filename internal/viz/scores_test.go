package viz

import (
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/cam"
)

// scoreTolerance is what weights in float32 may move a score of 0 to 1 by.
const scoreTolerance = 1e-5

// readScores is the rows of a map at the size of a picture.
func readScores(m cam.Map, h, w int) cam.Map {
	rows, out := scoresAt(m, w, h), cam.New(h, w)
	for y := range h {
		rows.Row(y, out.V[y*w:][:w])
	}
	return out
}

// TestScoresAreEnlargedAsTheEvaluationDoes compares with cam.Resize, which is OpenCV's to the bit.
func TestScoresAreEnlargedAsTheEvaluationDoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ n, m, h, w int }{
		{14, 14, 37, 53}, {1, 5, 9, 5}, {7, 1, 7, 20}, {3, 2, 3, 2}, {28, 28, 29, 224},
	} {
		m := cam.New(c.n, c.m)
		for i := range m.V {
			m.V[i] = rng.Float64()
		}
		want, got := cam.Resize(m, c.h, c.w), readScores(m, c.h, c.w)
		for i, v := range got.V {
			if v != want.V[i] {
				t.Fatalf("%dx%d to %dx%d at row %d column %d: %g, want %g",
					c.n, c.m, c.h, c.w, i/c.w, i%c.w, v, want.V[i])
			}
		}
	}
}

// TestShrinkingKeepsTheMeanAndSkipsNothing sets one score after the other of maps that shrink in
// one direction: each counts in the result, by about its share.
func TestShrinkingKeepsTheMeanAndSkipsNothing(t *testing.T) {
	const n, m = 101, 10
	for i := range n {
		for _, impulse := range []cam.Map{cam.New(1, n), cam.New(n, 1)} {
			impulse.V[i] = 1
			sum := 0.0
			for _, v := range readScores(impulse, min(impulse.H, m), min(impulse.W, m)).V {
				sum += v
			}
			if want := float64(m) / n; math.Abs(sum-want) > 0.05 {
				t.Errorf("score %d counts %g in all, want about %g", i, sum, want)
			}
		}
	}
	for _, v := range []float64{0, 0.25, 1} {
		constant := cam.New(n, n)
		for i := range constant.V {
			constant.V[i] = v
		}
		for i, got := range readScores(constant, m, m).V {
			if math.Abs(got-v) > scoreTolerance {
				t.Fatalf("score %d of a constant map of %g is %g", i, got, v)
			}
		}
	}
}

func TestScoresOfMapsWithoutMeaning(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		m    cam.Map
		want float64
	}{
		"no values":     {cam.Map{}, 0},
		"too few":       {cam.Map{H: 2, W: 2, V: []float64{1, 1, 1}}, 0},
		"negative side": {cam.Map{H: -1, W: -1, V: []float64{1}}, 0},
		"one pixel":     {cam.Map{H: 1, W: 1, V: []float64{0.25}}, 0.25},
		"NaN":           {cam.Map{H: 1, W: 1, V: []float64{nan}}, 0},
		"infinite":      {cam.Map{H: 1, W: 2, V: []float64{inf, 7}}, 1},
		"below zero":    {cam.Map{H: 2, W: 1, V: []float64{-inf, -1}}, 0},
		"constant":      {cam.Map{H: 2, W: 2, V: []float64{0.5, 0.5, 0.5, 0.5}}, 0.5},
	} {
		for _, size := range []int{1, 2, 31} {
			for _, got := range readScores(c.m, size, size).V {
				if math.Abs(got-c.want) > scoreTolerance {
					t.Fatalf("%s at %d pixels: %g, want %g", name, size, got, c.want)
				}
			}
		}
	}
}

func TestParallelRowsCoversEachRowOnce(t *testing.T) {
	for _, h := range []int{0, 1, 2, 3, 100} {
		seen := make([]int, h)
		parallelRows(h, func(y0, y1 int) {
			for y := y0; y < y1; y++ {
				seen[y]++
			}
		})
		for y, n := range seen {
			if n != 1 {
				t.Errorf("row %d of %d was visited %d times", y, h, n)
			}
		}
	}
}
