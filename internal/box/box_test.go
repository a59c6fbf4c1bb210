package box

import "testing"

func TestScaleTruncatesEachCoordinate(t *testing.T) {
	for _, c := range []struct {
		b                      Box
		fromW, fromH, toW, toH int
		want                   Box
	}{
		{Box{1, 2, 4, 3}, 10, 20, 35, 10, Box{3, 1, 14, 1}}, // the reference's own case
		{Box{1, 2, 1, 2}, 3, 3, 3, 3, Box{1, 2, 1, 2}},
		{Box{60, 27, 385, 331}, 500, 335, 224, 224, Box{26, 18, 172, 221}},
		{Box{0, 0, 499, 374}, 500, 375, 224, 224, Box{0, 0, 223, 223}},
		{Box{0, 0, 500, 375}, 500, 375, 224, 224, Box{0, 0, 224, 224}},
	} {
		if got := c.b.Scale(c.fromW, c.fromH, c.toW, c.toH); got != c.want {
			t.Errorf("%v of %dx%d in %dx%d: %v, want %v", c.b, c.fromW, c.fromH, c.toW, c.toH, got, c.want)
		}
	}
}

func TestExtentsIncludeTheEnds(t *testing.T) {
	b := Box{2, 3, 4, 3}
	if b.Width() != 3 || b.Height() != 1 || b.Area() != 3 {
		t.Errorf("%v: %dx%d, %d pixels", b, b.Width(), b.Height(), b.Area())
	}
	if (Box{}).Area() != 1 {
		t.Error("the box [0,0,0,0] is one pixel")
	}
	if got := b.String(); got != "(2,3)-(4,3)" {
		t.Errorf("String() = %q", got)
	}
}

func TestABoxIsValidWithoutNegativeSidesOrPlaces(t *testing.T) {
	for b, want := range map[Box]bool{
		{}: true, {1, 1, 1, 1}: true, {0, 0, 5, 2}: true,
		{-1, 0, 2, 2}: false, {0, -1, 2, 2}: false, {3, 0, 2, 2}: false, {0, 3, 2, 2}: false,
	} {
		if b.Valid() != want {
			t.Errorf("%v: %v", b, !want)
		}
	}
}

func TestClipMovesABoxIntoTheImage(t *testing.T) {
	for b, want := range map[Box]Box{
		{-3, -2, 20, 30}: {0, 0, 9, 7},
		{1, 2, 3, 4}:     {1, 2, 3, 4},
		{12, 9, 14, 11}:  {9, 7, 9, 7},
	} {
		got := b.Clip(10, 8)
		if got != want || got.Clip(10, 8) != got || !got.Valid() {
			t.Errorf("%v: %v, want %v", b, got, want)
		}
	}
}
