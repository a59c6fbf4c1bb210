package viz

import (
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/cam"
)

// float32Tolerance allows for sums of products in float32 of values up to 1.
const float32Tolerance = 1e-5

func TestCubicTapsEqualOpenCV(t *testing.T) {
	// cv2.resize([[0,1],[2,3]], (4,4), interpolation=cv2.INTER_CUBIC), first row.
	want := []float64{-0.31640625, 0.015625, 0.5625, 0.89453125}
	k := cubicTaps(2, 4)
	at := func(i int, in [2]float32) (sum float64) {
		for j := range k.width {
			sum += float64(k.weight[i*k.width+j]) * float64(in[k.first[i]+j])
		}
		return sum
	}
	for x, w := range want {
		top, bottom := at(x, [2]float32{0, 1}), at(x, [2]float32{2, 3})
		if got := at(0, [2]float32{float32(top), float32(bottom)}); math.Abs(got-w) > float32Tolerance {
			t.Errorf("column %d is %g, want %g", x, got, w)
		}
	}
}

// TestSamplerEnlargesAsEvaluationDoes compares with cam.Resize, which is OpenCV's to the bit.
func TestSamplerEnlargesAsEvaluationDoes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ n, m, h, w int }{{14, 14, 37, 53}, {1, 5, 9, 5}, {7, 1, 7, 20}, {3, 2, 3, 2}, {28, 28, 29, 224}} {
		m := cam.New(c.n, c.m)
		for i := range m.V {
			m.V[i] = rng.Float64()
		}
		want := cam.Resize(m, c.h, c.w)
		s := newSampler(m, c.w, c.h)
		row := make([]float32, c.w)
		for y := range c.h {
			s.row(y, row)
			for x, got := range row {
				if w := unit(want.V[y*c.w+x]); math.Abs(float64(got)-w) > float32Tolerance {
					t.Fatalf("%dx%d to %dx%d at row %d column %d: %g, want %g", c.n, c.m, c.h, c.w, y, x, got, w)
				}
			}
		}
	}
}

func TestShrinkingKeepsTheMeanAndSkipsNothing(t *testing.T) {
	const n, m = 101, 10
	k := cubicTaps(n, m)
	total := make([]float64, n)
	for i := range m {
		sum := 0.0
		for j := range k.width {
			w := float64(k.weight[i*k.width+j])
			sum += w
			total[k.first[i]+j] += w
		}
		if math.Abs(sum-1) > float32Tolerance {
			t.Errorf("the weights of output %d sum to %g, want 1", i, sum)
		}
	}
	for i, w := range total {
		if math.Abs(w-float64(m)/n) > 0.05 {
			t.Errorf("input %d counts %g in all, want about %g", i, w, float64(m)/n)
		}
	}
}

func TestSamplerOfMapsWithoutMeaning(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		m    cam.Map
		want float32
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
			s := newSampler(c.m, size, size)
			row := make([]float32, size)
			for y := range size {
				s.row(y, row)
				for _, got := range row {
					if math.Abs(float64(got-c.want)) > float32Tolerance {
						t.Fatalf("%s at %d pixels: %g, want %g", name, size, got, c.want)
					}
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
