package cam

import (
	"math"
	"slices"
	"testing"

	"acol/internal/box"
)

func TestRegionsAreSortedBySizeWithTheirPeaks(t *testing.T) {
	m := rows(
		[]float64{.9, 0, 0, 0, 0, .5},
		[]float64{0, .6, 0, 0, .4, 0},
		[]float64{0, 0, 0, 0, .3, .3},
		[]float64{1, 0, 0, 0, .3, .2},
	)
	all := []Region{
		{box.Box{X0: 4, Y0: 0, X1: 5, Y1: 3}, .5, 5},
		{box.Box{X0: 0, Y0: 0, X1: 1, Y1: 1}, .9, 2},
		{box.Box{X0: 0, Y0: 3, X1: 0, Y1: 3}, 1, 1},
	}
	for _, c := range []struct {
		name     string
		m        Map
		fraction float64
		want     []Region
	}{
		{"above, not at, the threshold; neighbours by a corner; the largest first", m, 0.2, all},
		{"higher", m, 0.55, []Region{all[1], all[2]}},
		{"the peak alone", m, 0.95, []Region{all[2]}},
		{"of zeros", New(3, 3), 0.2, nil},
		{"of one pixel", rows([]float64{1}), 0, []Region{{box.Box{}, 1, 1}}},
	} {
		got, err := Regions(c.m, c.fraction)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v (%v)", c.name, got, c.want, err)
		}
	}
	if _, err := Regions(rows([]float64{1, math.NaN()}), 0.2); err == nil {
		t.Error("no error for a NaN")
	}
}

// The first region is the box that eval measures, and the sizes add up to what is above.
func TestFirstRegionIsTheLargestComponent(t *testing.T) {
	for seed := range 200 {
		r := rng(seed)
		m := scoreMap(mapKinds[seed%len(mapKinds)], 1+r.Below(20), 1+r.Below(20), &r)
		fraction := float64(r.Below(10)) / 10
		want, err := LargestComponent(m, fraction)
		if err != nil {
			t.Fatal(err)
		}
		got, of, err := LabelledRegions(m, fraction)
		if err != nil {
			t.Fatal(err)
		}
		for i, k := range of {
			if x, y := i%m.W, i/m.W; (k >= 0) != (m.V[i] > fraction*m.Max()) ||
				k >= 0 && (x < got[k].Box.X0 || x > got[k].Box.X1 ||
					y < got[k].Box.Y0 || y > got[k].Box.Y1 || m.V[i] > got[k].Peak) {
				t.Fatalf("seed %d at %g: pixel (%d,%d) is of region %d", seed, fraction, x, y, k)
			}
		}
		for k, region := range got {
			if n := count(of, int32(k)); n != region.Size {
				t.Fatalf("seed %d at %g: region %d has %d pixels of %d", seed, fraction, k, n, region.Size)
			}
		}
		size, above := 0, 0
		for _, region := range got {
			size += region.Size
		}
		for _, v := range m.V {
			if v > fraction*m.Max() {
				above++
			}
		}
		if size != above || (above > 0 && got[0].Box != want) {
			t.Fatalf("seed %d at %g: %v of %d pixels, want %v of %d", seed, fraction, got, size, want, above)
		}
	}
}

func count(of []int32, k int32) (n int) {
	for _, v := range of {
		if v == k {
			n++
		}
	}
	return n
}
