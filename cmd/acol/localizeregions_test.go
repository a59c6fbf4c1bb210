package main

import (
	"testing"

	"acol/internal/cam"
	"acol/internal/data"
)

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
