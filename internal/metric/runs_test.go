package metric

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
)

func TestRunsListWhereAnImageIsRight(t *testing.T) {
	for _, c := range []struct {
		right string
		want  string
	}{
		{"", "[]"}, {"....", "[]"}, {"xxxx", "[[0 4]]"}, {"x..x", "[[0 1] [3 4]]"},
		{".xx.x", "[[1 3] [4 5]]"},
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
	for _, bad := range []Runs{
		{{-1, 2}}, {{2, 2}}, {{0, 5}}, {{0, 2}, {1, 3}}, {{0, 2}, {2, 3}}, {{3, 4}, {0, 1}},
	} {
		if bad.Check(4) == nil {
			t.Errorf("no error for %v of 4", bad)
		}
	}
}

func TestRunsAtOneThreshold(t *testing.T) {
	r := Runs{{1, 3}, {5, 6}}
	for i, want := range []bool{false, true, true, false, false, true} {
		if got := r.Only(i); got.Has(0) != want || got == nil || got.Check(1) != nil {
			t.Errorf("at %d: %v, want %v", i, got, want)
		}
	}
	if Runs(nil).Only(2) != nil {
		t.Error("an image that does not count does not stay so")
	}
}

// What the images' hits add up to is the curve, by its definition: boxes extracted anew at each
// threshold.
func TestHitsAddUpToTheCurve(t *testing.T) {
	const maps = 30
	a := newAcc(t, Step)
	right := map[cam.Contours][]int{cam.Largest: make([]int, 1000), cam.All: make([]int, 1000)}
	for seed := range maps {
		r := rng(seed)
		m := scoreMap([]string{"smooth", "levels", "uniform"}[seed%3], 30, 25, &r)
		truth := truthOf(t, m, &r)
		if err := a.add(m, truth); err != nil {
			t.Fatal(err)
		}
		for mode, count := range right {
			for i := seed % 20; i < len(count); i += 20 {
				boxes, err := new(cam.Extractor).Boxes(m, a.grid.At(i), mode)
				if err != nil {
					t.Fatal(err)
				}
				hits, err := a.hits.Hits(mode, 50)
				if err != nil {
					t.Fatal(err)
				}
				want := slices.ContainsFunc(boxes, func(b box.Box) bool { return bestIoU(b, truth) >= 0.5 })
				if hits.Has(i) != want {
					t.Fatalf("%v contours of map %d at %d: %v, want %v", mode, seed, i, !want, want)
				}
			}
			hits, err := a.hits.Hits(mode, 50)
			if err != nil {
				t.Fatal(err)
			}
			for i := range count {
				if hits.Has(i) {
					count[i]++
				}
			}
		}
	}
	for mode, count := range right {
		both := NewCurve(1000)
		if err := both.Merge(a.of[boxCurve{mode, 50}]); err != nil {
			t.Fatal(err)
		}
		got := both.Accuracies()
		for i, n := range count {
			if want := float64(n) * 100 / maps; got[i] != want {
				t.Fatalf("%v contours at %d: %g, want %g", mode, i, got[i], want)
			}
		}
		if i, best := both.Best(); best != slices.Max(got) || i != slices.Index(got, best) {
			t.Errorf("%v contours: best %g at %d, want the first of %g", mode, best, i, slices.Max(got))
		}
	}
}

// An image of weight w counts as w images, and one without truth not at all.
func TestCurvesCountWeights(t *testing.T) {
	weighted, repeated := NewCurve(5), NewCurve(5)
	for i, r := range []Runs{{{0, 2}}, {{1, 5}}, {}, nil} {
		weighted.Add(r, int64(i+1))
		for range i + 1 {
			repeated.Add(r, 1)
		}
	}
	if !reflect.DeepEqual(weighted, repeated) || weighted.Images() != 6 {
		t.Errorf("%+v, want %+v of 6 images", weighted, repeated)
	}
	if i, best := NewCurve(3).Best(); i != 0 || best != 0 {
		t.Errorf("without images: %g at %d", best, i)
	}
}

func TestHistogramsKeepTheirCounts(t *testing.T) {
	counts := []uint32{0, 3, 0, 0, 200, 1, 0}
	h := NewHistogram(counts)
	got := make([]int64, len(counts))
	if err := h.AddTo(got, 2); err != nil {
		t.Fatal(err)
	}
	for i, n := range counts {
		if got[i] != 2*int64(n) {
			t.Errorf("bin %d: %d, want twice %d", i, got[i], n)
		}
	}
	huge := Histogram(binary.AppendUvarint(binary.AppendUvarint(nil, 1), 1<<33))
	for name, bad := range map[string]Histogram{
		"beyond the bins": h, "cut off": h[:1], "no step": {0, 1}, "too many": huge,
	} {
		if err := bad.AddTo(make([]int64, 5), 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
