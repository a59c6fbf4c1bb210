package eval

import (
	"testing"

	"acol/internal/box"
)

func TestHowTopOneLocalizationEnds(t *testing.T) {
	square := func(x, y, side int) box.Box {
		return box.Box{X0: x, Y0: y, X1: x + side - 1, Y1: y + side - 1}
	}
	one := []box.Box{square(20, 20, 40)}
	two := []box.Box{square(0, 0, 20), square(80, 0, 20)}
	for _, c := range []struct {
		name  string
		b     box.Box
		truth []box.Box
		want  string
	}{
		{"the box itself", one[0], one, "right"},
		{"half of it", box.Box{X0: 20, Y0: 20, X1: 59, Y1: 39}, one, "right"},
		{"a part", square(25, 25, 20), one, "part_only"},
		{"all of it and more", square(0, 0, 90), one, "too_large"},
		{"two objects at once", box.Box{X0: 0, Y0: 0, X1: 99, Y1: 19}, two, "several_objects"},
		{"one of two objects", square(0, 0, 20), two, "right"},
		{"elsewhere", square(100, 100, 30), one, "background"},
		{"a corner of it", square(40, 40, 40), one, "other"},
	} {
		if got, err := endingOf(c.b, c.truth); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s (%v)", c.name, got, c.want, err)
		}
	}
}
