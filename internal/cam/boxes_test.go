package cam

import (
	"math"
	"slices"
	"strings"
	"testing"

	"acol/internal/box"
)

// rows makes a map from its rows.
func rows(rows ...[]float64) Map {
	return Map{H: len(rows), W: len(rows[0]), V: slices.Concat(rows...)}
}

// The golden cases of the reference's own unit tests, at thresholds 0, .2, .4, .6, .8.
var (
	unimodal = rows(
		[]float64{0, 0, 0, 0, 0},
		[]float64{0, .4, .4, .4, .6},
		[]float64{0, .4, 1, .8, .6},
		[]float64{0, .4, .4, .4, .6},
	)
	multimodal = rows(
		[]float64{.4, 0, .2, .2, .2},
		[]float64{.4, .4, 0, .4, 0},
		[]float64{0, 0, 0, .4, 0},
		[]float64{1, .6, .8, .2, .2},
	)
)

func holed() Map {
	m := New(9, 9)
	for y := 1; y <= 7; y++ {
		for x := 1; x <= 7; x++ {
			if y < 3 || y > 5 || x < 3 || x > 5 {
				m.V[y*9+x] = 1
			}
		}
	}
	return m
}

func TestBoxesOfTheReferencesOwnCases(t *testing.T) {
	for _, c := range []struct {
		name string
		m    Map
		mode Contours
		want [5]string
	}{
		{"zeros", New(3, 3), Largest, [5]string{"0,0,0,0", "0,0,0,0", "0,0,0,0", "0,0,0,0", "0,0,0,0"}},
		{"zeros", New(3, 3), All, [5]string{"0,0,0,0", "0,0,0,0", "0,0,0,0", "0,0,0,0", "0,0,0,0"}},
		{"unimodal", unimodal, Largest, [5]string{"1,1,4,3", "1,1,4,3", "2,1,4,3", "2,2,4,3", "2,2,3,3"}},
		{"multimodal", multimodal, Largest, [5]string{"0,0,4,3", "0,0,2,2", "0,3,3,3", "2,3,3,3", "0,3,1,3"}},
		{"multimodal", multimodal, All, [5]string{
			"0,0,4,3", "0,1,4,3;0,0,2,2", "0,3,3,3", "2,3,3,3;0,3,1,3", "0,3,1,3",
		}},
		{"hole", holed(), Largest, [5]string{"1,1,8,8", "1,1,8,8", "1,1,8,8", "1,1,8,8", "1,1,8,8"}},
		{"hole", holed(), All, [5]string{
			"1,1,8,8;2,2,7,7", "1,1,8,8;2,2,7,7", "1,1,8,8;2,2,7,7", "1,1,8,8;2,2,7,7", "1,1,8,8;2,2,7,7",
		}},
	} {
		for i, want := range c.want {
			got, err := new(Extractor).Boxes(c.m, float64(i)*0.2, c.mode)
			if err != nil {
				t.Fatal(err)
			}
			if text(got) != want {
				t.Errorf("%s at %g, %v contours: %s, want %s", c.name, float64(i)*0.2, c.mode, text(got), want)
			}
		}
	}
}

func TestBoxesAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		name string
		m    Map
		tau  float64
		want string
	}{
		{"a full map ends inside", rows([]float64{1, 1, 1}, []float64{1, 1, 1}), 0, "0,0,2,1"},
		{"one pixel", rows([]float64{0.5}), 0, "0,0,0,0"},
		{"the maximum itself is not above the whole of it", rows([]float64{1, 0.5}), 1, "0,0,0,0"},
		{"levels are truncated: 2.9999 is 2 and not above 2", rows([]float64{2.9999 / 255, 0, 1}), 2.5 / 255, "2,0,2,0"},
		{"below one level all is background", rows([]float64{0.0039, 0}), 0, "0,0,0,0"},
		{"a ring of four pixels around one has no larger hole", rows([]float64{0, 1, 0}, []float64{1, 0, 1}, []float64{0, 1, 0}), 0, "0,0,2,2"},
		{"of two equal blocks the later one comes first", rows(
			[]float64{1, 1, 0, 1, 1, 0}, []float64{1, 1, 0, 1, 1, 0}, []float64{0, 0, 0, 0, 0, 0}), 0, "3,0,5,2"},
		{"a block beats a longer line", rows(
			[]float64{1, 1, 0, 0, 0}, []float64{1, 1, 0, 0, 0}, []float64{0, 0, 0, 0, 0}, []float64{1, 1, 1, 1, 1}), 0, "0,0,2,2"},
	} {
		got, err := new(Extractor).Boxes(c.m, c.tau, Largest)
		if err != nil {
			t.Fatal(err)
		}
		if text(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, text(got), c.want)
		}
	}
}

func TestBoxesRefuseWhatIsNoScoreMap(t *testing.T) {
	ok := rows([]float64{0, 1})
	for _, c := range []struct {
		m    Map
		tau  float64
		mode Contours
		want string
	}{
		{rows([]float64{0, 1}, []float64{math.NaN(), 0}), 0, All, "value NaN at row 1, column 0"},
		{rows([]float64{0, math.Inf(1)}), 0, All, "value +Inf at row 0, column 1"},
		{rows([]float64{0, 1.0000001}), 0, All, "want [0,1]"},
		{rows([]float64{-0.5, 1}), 0, All, "want [0,1]"},
		{Map{}, 0, All, "map of 0x0"},
		{Map{H: 2, W: 2, V: make([]float64, 3)}, 0, All, "map of 2x2: 3 values"},
		{New(1, maxSide+1), 0, All, "sides over"},
		{ok, math.NaN(), All, "threshold NaN"},
		{ok, -0.1, All, "threshold -0.1"},
		{ok, 1.1, Largest, "threshold 1.1"},
		{ok, 0, Contours(7), "Contours(7)"},
	} {
		_, err := new(Extractor).Boxes(c.m, c.tau, c.mode)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%dx%d map at %g: error %v, want %q", c.m.H, c.m.W, c.tau, err, c.want)
		}
		if c.mode == All {
			if _, err := Foreground(c.m, c.tau); err == nil {
				t.Errorf("%dx%d map at %g: a foreground", c.m.H, c.m.W, c.tau)
			}
		}
	}
}

func TestForegroundIsStrictlyAboveTheCut(t *testing.T) {
	got, err := Foreground(multimodal, 0.4) // levels above 102
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range multimodal.V {
		if got[i] != (v > 0.4) {
			t.Errorf("pixel %d of %g: %v", i, v, got[i])
		}
	}
}

func TestLargestComponentIsTightAndCountsPixels(t *testing.T) {
	for _, c := range []struct {
		name     string
		m        Map
		fraction float64
		want     box.Box
	}{
		{"a line of five beats a block of four", rows(
			[]float64{1, 1, 0, 0, 0}, []float64{1, 1, 0, 0, 0}, []float64{0, 0, 0, 0, 0}, []float64{1, 1, 1, 1, 1}), 0.2, box.Box{X1: 4, Y0: 3, Y1: 3}},
		{"corners connect", rows([]float64{9, 0, 0, 0}, []float64{0, 9, 0, 7}, []float64{0, 0, 9, 0}), 0.2, box.Box{X1: 3, Y1: 2}},
		{"the first of equals", rows([]float64{1, 0, 1}), 0.2, box.Box{}},
		{"strictly above the fraction", rows([]float64{1, 4, 5, 4, 1}), 0.2, box.Box{X0: 1, X1: 3}},
		{"holes count as nothing", holed(), 0.2, box.Box{X0: 1, Y0: 1, X1: 7, Y1: 7}},
		{"nothing above in a map of zeros", New(4, 4), 0.2, box.Box{}},
		{"nothing above a negative maximum", rows([]float64{-3, -2}), 0.2, box.Box{}},
	} {
		got, err := LargestComponent(c.m, c.fraction)
		if err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	for _, m := range []Map{{}, rows([]float64{1, math.NaN()}), rows([]float64{1, math.Inf(1)}), New(maxSide+1, 1)} {
		if b, err := LargestComponent(m, 0.2); err == nil {
			t.Errorf("%dx%d map: %v, want an error", m.H, m.W, b)
		}
	}
	if _, err := LargestComponent(holed(), 2); err == nil {
		t.Error("no error for a fraction of 2")
	}
}

// On a binary map whose components differ in size, both find the largest one,
// and the boxes differ by the reference's pixel.
func TestLargestComponentWithinItsContour(t *testing.T) {
	var e Extractor
	for seed := range 100 {
		r := rng(seed)
		m := mask("shapes", 3+r.Below(20), 3+r.Below(20), &r)
		tight, err := e.LargestComponent(m, 0)
		if err != nil {
			t.Fatal(err)
		}
		all, err := e.Boxes(m, 0, All)
		if err != nil {
			t.Fatal(err)
		}
		loose := box.Box{X0: tight.X0, Y0: tight.Y0, X1: min(tight.X1+1, m.W-1), Y1: min(tight.Y1+1, m.H-1)}
		if m.Max() > 0 && !slices.Contains(all, loose) {
			t.Errorf("seed %d: %v is not among %v", seed, loose, all)
		}
	}
}
