package crf

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"acol/internal/cam"
)

// scene is a picture of a disc on ground, both of them mottled, and a score map that is warm about
// one side of the disc alone.
func scene(h, w int) (score cam.Map, pixels []float32, disc []bool) {
	rng := rand.New(rand.NewPCG(1, 2))
	n := h * w
	score, pixels, disc = cam.New(h, w), make([]float32, 3*n), make([]bool, n)
	cy, cx, r := float64(h)*0.5, float64(w)*0.55, float64(min(h, w))*0.3
	for i := range n {
		y, x := float64(i/w), float64(i%w)
		disc[i] = math.Hypot(y-cy, x-cx) < r
		colour := [3]float64{60, 130, 70}
		if disc[i] {
			colour = [3]float64{170, 90, 60}
		}
		for c := range 3 {
			pixels[c*n+i] = float32(colour[c] + 12*rng.NormFloat64())
		}
		score.V[i] = math.Exp(-((y-cy)*(y-cy) + (x-cx-r/2)*(x-cx-r/2)) / (2 * r * r))
	}
	cam.Normalize(score)
	return score, pixels, disc
}

// naive is the mean field by sums over all pairs, in float64.
func naive(score cam.Map, pixels []float32, threshold float64, o Options) []float64 {
	n, w := len(score.V), score.W
	long := float64(max(score.H, score.W))
	square := func(i, j int) (place, colour float64) {
		dy, dx := float64(i/w-j/w), float64(i%w-j%w)
		for c := range 3 {
			d := float64(pixels[c*n+i] - pixels[c*n+j])
			colour += d * d
		}
		return dy*dy + dx*dx, colour
	}
	gauss := func(square, deviation float64) float64 {
		return math.Exp(-square / (2 * deviation * deviation))
	}
	kernel := func(i, j, kind int) float64 {
		place, colour := square(i, j)
		if kind == 0 {
			return gauss(place, o.Near*long) * gauss(colour, o.Alike)
		}
		return gauss(place, o.Close*long)
	}
	weight := [2]float64{o.Colour, o.Place}
	var root [2][]float64
	for kind := range root {
		for i := range n {
			sum := 0.0
			for j := range n {
				sum += kernel(i, j, kind)
			}
			root[kind] = append(root[kind], 1/math.Sqrt(sum))
		}
	}
	odds := make([]float64, n)
	own := make([]float64, n)
	for i, v := range score.V {
		own[i] = o.Trust * (v - threshold)
	}
	copy(odds, own)
	for range o.Rounds {
		next := append([]float64(nil), own...)
		for i := range n {
			for j := range n {
				for kind := range root {
					pull := kernel(i, j, kind) * root[kind][i] * root[kind][j]
					next[i] += weight[kind] * pull * math.Tanh(odds[j]/2)
				}
			}
		}
		odds = next
	}
	return odds
}

// The lattice approximates a Gaussian: its sums of random values are near those over all pairs.
func TestTheLatticeFiltersWithAGaussian(t *testing.T) {
	const n = 400
	rng := rand.New(rand.NewPCG(3, 4))
	features, values := make([][dims]float32, n), make([]float32, n)
	for i := range features {
		for j := range dims {
			features[i][j] = float32(3*rng.Float64() - 1)
		}
		values[i] = float32(rng.Float64())
	}
	l := newLattice(features)
	for i, shares := range l.share {
		sum := float32(0)
		for _, v := range shares {
			if sum += v; v < -1e-5 {
				t.Fatalf("pixel %d: share %g of a point", i, v)
			}
		}
		if math.Abs(float64(sum-1)) > 1e-5 {
			t.Fatalf("pixel %d: shares add up to %g", i, sum)
		}
	}
	got := make([]float32, n)
	l.filter(got, values)
	var dot, gg, ww float64
	for i := range n {
		want := 0.0
		for j := range n {
			d := 0.0
			for k := range dims {
				d += math.Pow(float64(features[i][k]-features[j][k]), 2)
			}
			want += math.Exp(-d/2) * float64(values[j])
		}
		g := float64(got[i])
		dot, gg, ww = dot+g*want, gg+g*g, ww+want*want
	}
	// The scale is divided away by the sums of ones; the direction has to be right.
	if cosine := dot / math.Sqrt(gg*ww); cosine < 0.995 {
		t.Errorf("cosine of %.4f with the exact sums", cosine)
	}
}

func TestTheMeanFieldIsThatOfSumsOverAllPairs(t *testing.T) {
	score, pixels, _ := scene(14, 18)
	// Tolerances are what the lattice's approximation of the Gaussian makes of log odds of about
	// 10; without colours there is no lattice, and nothing but rounding.
	for tolerance, o := range map[float64]Options{
		0.3:   {Trust: 6, Colour: 4, Near: 0.3, Close: 0.05, Alike: 25, Rounds: 3},
		0.001: {Trust: 6, Place: 4, Near: 0.3, Close: 0.1, Alike: 25, Rounds: 3},
	} {
		const threshold = 0.4
		want := naive(score, pixels, threshold, o)
		own := make([]float32, len(score.V))
		for i, v := range score.V {
			own[i] = float32(o.Trust * (v - threshold))
		}
		got := meanField(own, newPairs(score.H, score.W, pixels, o), o.Rounds)
		mean := 0.0
		for i, v := range want {
			mean += math.Abs(v-float64(got[i])) / float64(len(want))
		}
		if mean > tolerance {
			t.Errorf("%+v: off by %.4f on average", o, mean)
		}
	}
}

// iou is that of what is above a threshold with what is true.
func iou(m cam.Map, threshold float64, truth []bool) float64 {
	both, either := 0.0, 0.0
	for i, v := range m.V {
		if v > threshold && truth[i] {
			both++
		}
		if v > threshold || truth[i] {
			either++
		}
	}
	return both / either
}

func TestAMapTakesTheEdgesOfThePicture(t *testing.T) {
	for _, size := range [][2]int{{60, 80}, {80, 60}, {64, 64}} {
		score, pixels, disc := scene(size[0], size[1])
		const threshold = 0.5
		kept := score.Clone()
		refined, found, err := Refine(score, pixels, threshold, Default())
		if err != nil || !found {
			t.Fatalf("found %v, %v", found, err)
		}
		before, after := iou(score, threshold, disc), iou(refined, threshold, disc)
		if after < before+0.15 {
			t.Errorf("%v: IoU %.3f, refined %.3f", size, before, after)
		}
		least, most := slices.Min(refined.V), slices.Max(refined.V)
		if least != 0 || most != 1 || !slices.Equal(kept.V, score.V) {
			t.Errorf("%v: from %g to %g, or the map was changed", size, least, most)
		}
	}
}

func TestWhatCannotBeRefinedStaysOrIsRefused(t *testing.T) {
	score, pixels, _ := scene(20, 20)
	full := cam.New(20, 20)
	for i := range full.V {
		full.V[i] = 1
	}
	for _, c := range []struct {
		name      string
		score     cam.Map
		pixels    []float32
		threshold float64
		change    func(*Options)
		bad       bool
	}{
		{"nothing but object", full, pixels, 0.5, nil, false},
		{"nothing but ground", cam.New(20, 20), pixels, 0.5, nil, false},
		{"no picture", score, nil, 0.5, nil, true},
		{"no map", cam.Map{}, nil, 0.5, nil, true},
		{"no values", cam.Map{H: 2, W: 2}, make([]float32, 12), 0.5, nil, true},
		{"threshold 1", score, pixels, 1, nil, true},
		{"threshold NaN", score, pixels, math.NaN(), nil, true},
		{"too fine", score, pixels, 0.5, func(o *Options) { o.Near = 0.001 }, true},
		{"too pale", score, pixels, 0.5, func(o *Options) { o.Alike = 0 }, true},
	} {
		o := Default()
		if c.change != nil {
			c.change(&o)
		}
		got, found, err := Refine(c.score, c.pixels, c.threshold, o)
		if found || (err != nil) != c.bad || !slices.Equal(got.V, c.score.V) {
			t.Errorf("%s: found %v, %v", c.name, found, err)
		}
	}
	strange := score.Clone()
	strange.V[7], strange.V[8] = math.NaN(), math.Inf(1)
	wild := slices.Clone(pixels)
	wild[3], wild[4], wild[5] = float32(math.NaN()), 1e30, -1e30
	refined, _, err := Refine(strange, wild, 0.5, Default())
	outside := func(v float64) bool { return !(v >= 0 && v <= 1) }
	if err != nil || slices.ContainsFunc(refined.V, outside) {
		t.Errorf("strange values: %v", err)
	}
}

func BenchmarkRefine(b *testing.B) {
	score, pixels, _ := scene(224, 224)
	for b.Loop() {
		if _, _, err := Refine(score, pixels, 0.5, Default()); err != nil {
			b.Fatal(err)
		}
	}
}
