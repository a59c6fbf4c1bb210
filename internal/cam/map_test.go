package cam

import (
	"math"
	"slices"
	"testing"
)

var nan, inf = math.NaN(), math.Inf(1)

func TestNormalizeReachesTheUnitIntervalOrSaysWhyNot(t *testing.T) {
	for _, c := range []struct {
		name  string
		in    []float64
		state State
		want  []float64
	}{
		{"to the unit interval", []float64{-1, 0, 3}, OK, []float64{0, 0.25, 1}},
		{"not a number", []float64{1, nan, 3}, NaN, []float64{0, 0, 0}},
		{"infinite", []float64{1, inf, 3}, NaN, []float64{0, 0, 0}},
		{"minus infinite", []float64{1, -inf, 3}, NaN, []float64{0, 0, 0}},
		{"all infinite", []float64{inf, inf}, NaN, []float64{0, 0}},
		{"too wide for a float64", []float64{-math.MaxFloat64, math.MaxFloat64}, NaN, []float64{0, 0}},
		{"constant", []float64{7, 7, 7}, Constant, []float64{0, 0, 0}},
		{"one pixel", []float64{5}, Constant, []float64{0}},
		{"empty", nil, Constant, nil},
		{"the smallest difference", []float64{0, math.SmallestNonzeroFloat64}, OK, []float64{0, 1}},
	} {
		m := Map{H: 1, W: len(c.in), V: slices.Clone(c.in)}
		if got := Normalize(m); got != c.state || !slices.Equal(m.V, c.want) {
			t.Errorf("%s: %v %v, want %v %v", c.name, got, m.V, c.state, c.want)
		}
	}
}

func TestNormalizeTwiceIsNormalizeOnce(t *testing.T) {
	m := upsampled(9)
	once := m.Clone()
	if Normalize(m) != OK || !slices.Equal(m.V, once.V) || slices.Min(m.V) != 0 || slices.Max(m.V) != 1 {
		t.Error("normalising a normalised map changed it")
	}
}

func TestFuseIsTheElementwiseMaximum(t *testing.T) {
	a, b, c := rows([]float64{0, .5, 1}), rows([]float64{.2, .4, 1}), rows([]float64{.1, .9, 0})
	dst := New(1, 3)
	if err := Fuse(dst, a, b, c); err != nil || !slices.Equal(dst.V, []float64{.2, .9, 1}) {
		t.Errorf("%v, %v", dst.V, err)
	}
	if err := Fuse(dst, a); err != nil || !slices.Equal(dst.V, a.V) {
		t.Errorf("of one map: %v, %v", dst.V, err)
	}
}

func TestFuseCommutesAndAssociates(t *testing.T) {
	r := rng(5)
	a, b, c := floats(&r, New(6, 7)), floats(&r, New(6, 7)), floats(&r, New(6, 7))
	a.V[3], b.V[9] = nan, nan
	x, y := New(6, 7), New(6, 7)
	fuse := func(dst Map, maps ...Map) {
		if err := Fuse(dst, maps...); err != nil {
			t.Fatal(err)
		}
	}
	fuse(x, a, b, c)
	fuse(y, c, b)
	fuse(y, y, a) // in place
	for i := range x.V {
		if x.V[i] != y.V[i] && !math.IsNaN(x.V[i]) {
			t.Errorf("pixel %d: %v and %v", i, x.V[i], y.V[i])
		}
		if math.IsNaN(x.V[i]) != (i == 3 || i == 9) {
			t.Errorf("pixel %d: %v; a NaN stays, whatever it meets", i, x.V[i])
		}
	}
}

func TestFuseRefusesOtherSizes(t *testing.T) {
	dst := New(2, 3)
	for _, maps := range [][]Map{nil, {New(3, 2)}, {New(2, 3), New(2, 4)}, {{H: 2, W: 3}}} {
		if err := Fuse(dst, maps...); err == nil {
			t.Errorf("no error for %d maps", len(maps))
		}
	}
}

func TestErasedComparesAsTheNetworkDoes(t *testing.T) {
	// The float64 nearest to a float32 0.7 is below 0.7: still equal for a network.
	m := rows([]float64{0, 0.5, float64(float32(0.7)), 0.9, nan})
	atLeast := func(v, delta float32) bool { return v >= delta }
	if got := Erased(m, 0.7, atLeast); !slices.Equal(got, []bool{false, false, true, true, false}) {
		t.Errorf("map >= 0.7: %v", got)
	}
	above := func(v, delta float32) bool { return v > delta }
	if got := Erased(m, 0.7, above); !slices.Equal(got, []bool{false, false, false, true, false}) {
		t.Errorf("map > 0.7: %v", got)
	}
}

func TestMapsFromSlicesHaveTheirSize(t *testing.T) {
	m, err := FromFloat32(1, 2, []float32{0.5, 0.1})
	if err != nil || m.V[0] != 0.5 || m.V[1] != float64(float32(0.1)) {
		t.Errorf("%v, %v", m, err)
	}
	for _, s := range [][2]int{{0, 2}, {2, 2}, {-1, -2}, {math.MaxInt, 2}} {
		if _, err := FromFloat32(s[0], s[1], []float32{1, 2}); err == nil {
			t.Errorf("no error for two float32 as %v", s)
		}
	}
	if m := New(0, 5); m.V != nil || m.H != 0 || m.W != 0 {
		t.Errorf("New(0, 5) = %v", m)
	}
	if !math.IsNaN(rows([]float64{1, nan}).Max()) || rows([]float64{1, 3}).Max() != 3 || !math.IsInf(Map{}.Max(), -1) {
		t.Error("Max")
	}
}

func TestNamesOfStatesAndContours(t *testing.T) {
	for got, want := range map[string]string{
		OK.String(): "ok", Constant.String(): "constant", NaN.String(): "nan", State(9).String(): "State(9)",
		Largest.String(): "largest", All.String(): "all", Contours(9).String(): "Contours(9)",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestResizeOvershootsAsDocumented(t *testing.T) {
	m := Resize(rows([]float64{0, 1}, []float64{2, 3}), 4, 4)
	if want := []float64{-0.31640625, 0.015625, 0.5625, 0.89453125}; !slices.Equal(m.V[:4], want) {
		t.Errorf("first row %v, want %v", m.V[:4], want)
	}
}

func TestResizeOfNothingAndOfNaN(t *testing.T) {
	for _, m := range []Map{Resize(Map{}, 3, 3), Resize(holed(), 0, 3), Resize(holed(), 3, -1), Resize(Map{H: 2, W: 2}, 3, 3)} {
		if m.H != 0 || m.W != 0 || m.V != nil {
			t.Errorf("%v, want the empty map", m)
		}
	}
	m := holed()
	same := Resize(m, 9, 9)
	if !slices.Equal(same.V, m.V) || &same.V[0] == &m.V[0] {
		t.Error("the same size must give an equal copy")
	}
	m.V[40] = nan
	if up := Resize(m, 20, 20); Normalize(up) != NaN {
		t.Error("a NaN was lost in resizing")
	}
}
