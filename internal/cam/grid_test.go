package cam

import (
	"math"
	"slices"
	"testing"
)

// ramp is a map whose values are the numbers of its columns.
func ramp(h, w int) Map {
	m := New(h, w)
	for i := range m.V {
		m.V[i] = float64(i % w)
	}
	return m
}

func TestPositionsLieWhereTheGridSays(t *testing.T) {
	const side, first, step = 224, 14.5, 16.
	m := ramp(14, 14)
	m.At.X = Axis{first / side, step / side}
	out := Resize(m, side, side)
	if out.At != (Grid{}) {
		t.Errorf("the resized map lies at %v", out.At)
	}
	for x, v := range out.V[:side] {
		at := (float64(x) + 0.5 - first) / step
		least := 1e-6 // at the centre of a position; between them the cubic is no straight line
		if at != math.Round(at) {
			least = 0.15
		}
		if want := min(max(at, 0), 13); math.Abs(v-want) > least {
			t.Errorf("column %d is %g, want %g", x, v, want)
		}
	}
	m.At = Grid{}
	even := Resize(m, side, side)
	m.At.X = Axis{0.5 / 14, 1. / 14}
	for i, v := range Resize(m, side, side).V {
		if math.Abs(v-even.V[i]) > 1e-5 {
			t.Fatalf("value %d of an even grid is %g, want %g", i, v, even.V[i])
		}
	}
}

func TestAMapOfItsOwnSizeIsMovedByItsGrid(t *testing.T) {
	m := ramp(1, 8)
	m.At.X = Axis{1.5 / 8, 1. / 8} // one position to the right
	if got, want := Resize(m, 1, 8).V, []float64{0, 0, 1, 2, 3, 4, 5, 6}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := m.Clone(); got.At != m.At {
		t.Errorf("a copy lies at %v", got.At)
	}
}

func TestAnAxisIsMirrored(t *testing.T) {
	a := Axis{14.5 / 224, 16. / 224}
	if b := a.Mirrored(14); math.Abs(b.First-1.5/224) > 1e-12 ||
		math.Abs(b.Mirrored(14).First-a.First) > 1e-12 {
		t.Errorf("mirrored: %v", b)
	}
	if b := (Axis{}).Mirrored(14); b != (Axis{}) {
		t.Errorf("an even axis mirrored: %v", b)
	}
	for place, want := range map[float64]int{0: 0, 22. / 224: 0, 23. / 224: 1, 1: 13} {
		if got := a.Nearest(place, 14); got != want {
			t.Errorf("nearest to %g is %d, want %d", place, got, want)
		}
	}
}
