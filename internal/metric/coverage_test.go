package metric

import (
	"math"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
)

func TestCoverageIsTheShareOfTheObjectThatIsForeground(t *testing.T) {
	hot := square(10, 10, box.Box{X0: 2, Y0: 2, X1: 5, Y1: 5}) // 16 pixels
	warm := hot.Clone()
	for x := range 10 {
		warm.V[9*10+x] = 0.3
	}
	for _, c := range []struct {
		name                string
		m                   cam.Map
		tau                 float64
		truth               []box.Box
		coverage, precision float64
	}{
		{"the object exactly", hot, 0.2, []box.Box{{X0: 2, Y0: 2, X1: 5, Y1: 5}}, 1, 1},
		{"a part of it", hot, 0.2, []box.Box{{X0: 2, Y0: 2, X1: 9, Y1: 5}}, 0.5, 1},
		{"too much", hot, 0.2, []box.Box{{X0: 2, Y0: 2, X1: 3, Y1: 3}}, 1, 0.25},
		{"elsewhere", hot, 0.2, []box.Box{{X0: 7, Y0: 7, X1: 9, Y1: 9}}, 0, 0},
		{
			"overlapping boxes count once", hot, 0.2,
			[]box.Box{{X0: 2, Y0: 2, X1: 5, Y1: 3}, {X0: 2, Y0: 2, X1: 5, Y1: 5}}, 1, 1,
		},
		{"clipped to the map", hot, 0.2, []box.Box{{X0: 5, Y0: 5, X1: 99, Y1: 99}}, 1. / 25, 1. / 16},
		{"above a low threshold", warm, 0.2, []box.Box{{X0: 2, Y0: 2, X1: 5, Y1: 5}}, 1, 16. / 26},
		{"above a high one", warm, 0.4, []box.Box{{X0: 2, Y0: 2, X1: 5, Y1: 5}}, 1, 1},
		{"no foreground", cam.New(10, 10), 0.2, []box.Box{{X1: 3, Y1: 3}}, 0, 0},
	} {
		got, prec, err := Coverage(c.m, c.tau, c.truth)
		if err != nil || got != c.coverage || prec != c.precision {
			t.Errorf("%s: %v %v %v, want %v %v", c.name, got, prec, err, c.coverage, c.precision)
		}
	}
}

func TestTheMeanIsTheSameInAnyOrder(t *testing.T) {
	hot := square(10, 10, box.Box{X0: 2, Y0: 2, X1: 5, Y1: 5})
	truths := []box.Box{
		{X0: 2, Y0: 2, X1: 4, Y1: 4}, {X0: 0, Y0: 0, X1: 6, Y1: 8}, {X0: 3, Y0: 1, X1: 9, Y1: 7},
	}
	share := func(b box.Box) float64 {
		v, _, err := Coverage(hot, 0.2, []box.Box{b})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	var a, b, c Mean
	want := 0.0
	for i, b := range truths {
		a.Add(share(b))
		c.Add(share(truths[2-i]))
		want += 100 * share(b) / 3
	}
	b.Merge(&c)
	if a != b || math.Abs(a.Percent()-want) > 1e-7 || a.Images() != 3 {
		t.Errorf("%g and %g percent of %d, want %g", a.Percent(), b.Percent(), a.Images(), want)
	}
	if new(Mean).Percent() != 0 {
		t.Error("without images")
	}
}

func TestCoverageRefuses(t *testing.T) {
	hot := square(10, 10, box.Box{X1: 3, Y1: 3})
	nan := cam.New(2, 2)
	nan.V[0] = math.NaN()
	one := []box.Box{{X1: 1, Y1: 1}}
	refused := func(m cam.Map, tau float64, truth []box.Box) error {
		_, _, err := Coverage(m, tau, truth)
		return err
	}
	for _, err := range []error{
		refused(hot, 0.2, nil),
		refused(hot, 0.2, []box.Box{{X0: 10, X1: 12, Y1: 3}}),
		refused(hot, 0.2, []box.Box{{X0: 4, X1: 2}}),
		refused(hot, -1, one),
		refused(nan, 0.2, one),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
}
