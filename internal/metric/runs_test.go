package metric

import (
	"fmt"
	"testing"

	"acol/internal/cam"
)

func TestRunsListWhereAnImageIsRight(t *testing.T) {
	for _, c := range []struct {
		right string
		want  string
	}{
		{"", "[]"}, {"....", "[]"}, {"xxxx", "[[0 4]]"}, {"x..x", "[[0 1] [3 4]]"}, {".xx.x", "[[1 3] [4 5]]"},
	} {
		r := RunsOf(len(c.right), func(i int) bool { return c.right[i] == 'x' })
		if got := fmt.Sprint(r); got != c.want || r == nil {
			t.Errorf("runs of %q: %s, want %s", c.right, got, c.want)
		}
		if err := r.Check(len(c.right)); err != nil {
			t.Error(err)
		}
		for i := range c.right {
			if r.Has(i) != (c.right[i] == 'x') {
				t.Errorf("%q has %d: %v", c.right, i, r.Has(i))
			}
		}
	}
	for _, bad := range []Runs{{{-1, 2}}, {{2, 2}}, {{0, 5}}, {{0, 2}, {1, 3}}, {{0, 2}, {2, 3}}, {{3, 4}, {0, 1}}} {
		if bad.Check(4) == nil {
			t.Errorf("no error for %v of 4", bad)
		}
	}
}

// What the images' hits add up to is the curve.
func TestHitsAddUpToTheCurve(t *testing.T) {
	a := newAcc(t)
	sum := map[cam.Contours]*Curve{cam.Largest: NewCurve(1000), cam.All: NewCurve(1000)}
	for seed := range 30 {
		r := rng(seed)
		m := scoreMap([]string{"smooth", "levels", "uniform"}[seed%3], 30, 25, &r)
		if err := a.Add(m, cam.OK, truthOf(t, m, &r)); err != nil {
			t.Fatal(err)
		}
		for mode, c := range sum {
			hits, err := a.Hits(mode, 50)
			if err != nil {
				t.Fatal(err)
			}
			c.Add(hits)
		}
	}
	for mode, c := range sum {
		both := NewCurve(1000)
		both.Merge(c)
		want, err := a.Curve(mode, 50)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			if both.At(i) != w {
				t.Fatalf("%v contours at %d: %g, want %g", mode, i, both.At(i), w)
			}
		}
	}
	if i, best := sum[cam.Largest].Best(); best != a.Result().MaxBoxAcc || a.thresholds[i] != a.Result().Thresholds.MaxBoxAcc {
		t.Errorf("best %g at %d, want %+v", best, i, a.Result())
	}
	if _, err := a.Hits(cam.All, 60); err == nil {
		t.Error("hits at an IoU that was not counted")
	}
}
