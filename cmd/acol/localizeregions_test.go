package main

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
)

func TestRegionsAbove(t *testing.T) {
	m := cam.Map{H: 4, W: 6, V: []float64{
		.9, 0, 0, 0, 0, .5,
		0, .6, 0, 0, .4, 0,
		0, 0, 0, 0, .3, .3,
		1, 0, 0, 0, .3, .2,
	}}
	all := []region{
		{box.Box{X0: 4, Y0: 0, X1: 5, Y1: 3}, .5, 5},
		{box.Box{X0: 0, Y0: 0, X1: 1, Y1: 1}, .9, 2},
		{box.Box{X0: 0, Y0: 3, X1: 0, Y1: 3}, 1, 1},
	}
	for _, tc := range []struct {
		name     string
		fraction float64
		want     []region
	}{
		{"above, not at, the threshold; neighbours by a corner; the largest first", 0.2, all},
		{"higher", 0.55, []region{all[1], all[2]}},
		{"the peak alone", 0.95, []region{all[2]}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, regionsAbove(m, tc.fraction), cmp.AllowUnexported(region{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
	if got := regionsAbove(cam.New(3, 3), 0.2); got != nil {
		t.Errorf("of zeros: %v", got)
	}
	if got := regionsAbove(cam.Map{H: 1, W: 1, V: []float64{1}}, 0); len(got) != 1 || got[0].Box != (box.Box{}) {
		t.Errorf("of one pixel: %v", got)
	}
}

// The first region is the box that eval measures.
func TestFirstRegionIsTheLargestComponent(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		m := cam.New(1+rng.IntN(9), 1+rng.IntN(9))
		for i := range m.V {
			m.V[i] = float64(rng.IntN(4)) / 3
		}
		m.V[rng.IntN(len(m.V))] = 1
		fraction := float64(rng.IntN(10)) / 10
		want, err := cam.LargestComponent(m, fraction)
		if err != nil {
			t.Fatal(err)
		}
		if got := regionsAbove(m, fraction)[0].Box; got != want {
			t.Fatalf("%v at %g: %v, want %v", m, fraction, got, want)
		}
	}
}

// crop is the middle square of a picture of 80x40, the network's input 20x20 of its 40x20.
var crop = data.Geometry{Width: 80, Height: 40, ResizedW: 40, ResizedH: 20, CropX: 10, Size: 20}

func TestMapsArePlacedWhereTheInputIs(t *testing.T) {
	m := cam.Map{H: 1, W: 1, V: []float64{0.5}}
	got, err := onPicture(crop, m)
	if err != nil || got.W != 80 || got.H != 40 {
		t.Fatalf("%dx%d, %v", got.W, got.H, err)
	}
	for i, v := range got.V {
		want := 0.0
		if x := i % 80; x >= 20 && x < 60 {
			want = 0.5
		}
		if v != want {
			t.Fatalf("at x %d: %g, want %g", i%80, v, want)
		}
	}
	warp := data.Geometry{Width: 80, Height: 40, ResizedW: 20, ResizedH: 20, Size: 20}
	if got, err := onPicture(warp, m); err != nil || got.W != 1 {
		t.Errorf("a map of the whole picture was resized: %v, %v", got, err)
	}
}

func TestErasedPositionsArePlacedWhereTheInputIs(t *testing.T) {
	h, w, mask, err := maskOnPicture(crop, 2, 2, []bool{true, false, false, true})
	if err != nil || w != 80 || h != 40 {
		t.Fatalf("%dx%d, %v", w, h, err)
	}
	for i, got := range mask {
		x, y := i%80, i/80
		if want := x >= 20 && x < 60 && (x < 40) == (y < 20); got != want {
			t.Fatalf("at (%d,%d): %v", x, y, got)
		}
	}
}

func TestPlacedMapsAreBounded(t *testing.T) {
	for _, tc := range []struct{ w, h, wantW, wantH int }{{9000, 6000, 1024, 682}, {3, 50_000, 1, 1024}, {1024, 9, 1024, 9}} {
		if g := smaller(data.Geometry{Width: tc.w, Height: tc.h}); g.Width != tc.wantW || g.Height != tc.wantH {
			t.Errorf("%dx%d: %dx%d", tc.w, tc.h, g.Width, g.Height)
		}
	}
}
