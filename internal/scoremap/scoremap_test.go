package scoremap_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"acol/internal/cam"
	"acol/internal/data/pixels"
	"acol/internal/scoremap"
)

var (
	// crop is a picture of 80x40 resized to 40x20, whose middle square of 20x20 is the input.
	crop = pixels.Geometry{Width: 80, Height: 40, ResizedW: 40, ResizedH: 20, CropX: 10, Size: 20}
	// warp is the same picture resized to the input as a whole.
	warp = pixels.Geometry{Width: 80, Height: 40, ResizedW: 20, ResizedH: 20, Size: 20}
)

func TestOfResizesAndThenNormalizes(t *testing.T) {
	// The first row of cv2.resize([[0,1],[2,3]], (4,4), interpolation=cv2.INTER_CUBIC) starts
	// with its least value, -0.31640625; by symmetry about 1.5 the largest is 3.31640625.
	score, state := scoremap.Of(cam.Map{H: 2, W: 2, V: []float64{0, 1, 2, 3}}, 4)
	if state != cam.OK || score.H != 4 || score.W != 4 {
		t.Fatalf("state %v, %dx%d", state, score.H, score.W)
	}
	for i, raw := range []float64{-0.31640625, 0.015625, 0.5625, 0.89453125} {
		want := (raw + 0.31640625) / (2*0.31640625 + 3)
		if math.Abs(score.V[i]-want) > 1e-12 {
			t.Errorf("column %d: %.15g, want %.15g", i, score.V[i], want)
		}
	}
	if score.V[15] != 1 {
		t.Errorf("the largest value is %g, want 1", score.V[15])
	}
}

func TestAConstantMapIsAllZeros(t *testing.T) {
	score, state := scoremap.Of(cam.Map{H: 1, W: 2, V: []float64{7, 7}}, 3)
	if state != cam.Constant || !slices.Equal(score.V, make([]float64, 9)) {
		t.Errorf("state %v, %v", state, score.V)
	}
}

func TestMapsArePlacedWhereTheInputIs(t *testing.T) {
	m := cam.Map{H: 1, W: 1, V: []float64{0.5}}
	got, err := scoremap.Place(crop, m)
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
	if got, err := scoremap.Place(warp, m); err != nil || got.W != 1 {
		t.Errorf("a map of the whole picture was resized: %v, %v", got, err)
	}
}

func TestMasksArePlacedWhereTheInputIs(t *testing.T) {
	m := scoremap.Mask{H: 2, W: 2, V: []bool{true, false, false, true}}
	got, err := scoremap.PlaceMask(crop, m)
	if err != nil || got.W != 80 || got.H != 40 {
		t.Fatalf("%dx%d, %v", got.W, got.H, err)
	}
	for i, v := range got.V {
		x, y := i%80, i/80
		if want := x >= 20 && x < 60 && (x < 40) == (y < 20); v != want {
			t.Fatalf("at (%d,%d): %v", x, y, v)
		}
	}
	if got, err := scoremap.PlaceMask(warp, m); err != nil || got.W != 2 {
		t.Errorf("a mask of the whole picture was resized: %v, %v", got, err)
	}
	m.At.X = cam.Axis{First: 0.75, Step: 0.5} // the first column is in the right half
	moved, err := scoremap.PlaceMask(warp, m)
	if err != nil || moved.W != warp.Size || moved.At != (cam.Grid{}) {
		t.Fatalf("%dx%d at %v, %v", moved.H, moved.W, moved.At, err)
	}
	for i, v := range moved.V {
		if want := m.V[i/moved.W*2/moved.H*2]; v != want {
			t.Fatalf("at (%d,%d): %v, want the first column's %v", i%moved.W, i/moved.W, v, want)
		}
	}
	m.V = m.V[:3]
	if _, err := scoremap.PlaceMask(crop, m); err == nil {
		t.Error("a mask of 2x2 with 3 values: no error")
	}
}

func TestBoundedKeepsTheAspect(t *testing.T) {
	for _, tc := range []struct{ w, h, wantW, wantH int }{
		{9000, 6000, 1024, 682}, {3, 50_000, 1, 1024}, {1024, 9, 1024, 9},
	} {
		g := scoremap.Bounded(pixels.Geometry{Width: tc.w, Height: tc.h}, 1024)
		if g.Width != tc.wantW || g.Height != tc.wantH {
			t.Errorf("%dx%d: %dx%d", tc.w, tc.h, g.Width, g.Height)
		}
	}
}

// The score map of a crop is 0 beside the crop, in [0,1] inside, and highest where the input's is.
func TestReframeClaimsNothingOutsideOfTheInput(t *testing.T) {
	in := cam.New(16, 16)
	in.V[5*16+12] = 1 // right of the middle, in the upper half
	got, state, err := scoremap.Reframe(crop, in)
	if err != nil || state != cam.OK || got.H != 16 || got.W != 16 {
		t.Fatalf("state %v, %dx%d, %v", state, got.H, got.W, err)
	}
	for i, v := range got.V {
		if x := i % 16; (x < 3 || x > 12) && v != 0 || !(v >= 0 && v <= 1) {
			t.Fatalf("at (%d,%d): %g", x, i/16, v)
		}
	}
	// The input spans half of the picture's width, from a quarter on: column 12.5 of 16 of the
	// input is column 4+12.5/2 = 10.25 of the picture; rows are the same.
	if at := slices.Index(got.V, 1); at != 5*16+10 {
		t.Errorf("the peak is at column %d, row %d, want 10, 5", at%16, at/16)
	}
}

// BenchmarkMaps measures what is made of the maps of one image on this machine: two branches' maps
// are fused, and the result is enlarged and normalised. A device could do it, and would have to
// send the large map.
func BenchmarkMaps(b *testing.B) {
	for _, c := range []struct{ low, side int }{{14, 224}, {28, 224}} {
		b.Run(fmt.Sprintf("%d to %d", c.low, c.side), func(b *testing.B) {
			maps := [2]cam.Map{cam.New(c.low, c.low), cam.New(c.low, c.low)}
			for k := range maps {
				for i := range maps[k].V {
					maps[k].V[i] = float64((i*(7+k))%c.low) / float64(c.low)
				}
			}
			fused := cam.New(c.low, c.low)
			for b.Loop() {
				if err := cam.Fuse(fused, maps[:]...); err != nil {
					b.Fatal(err)
				}
				if _, state := scoremap.Of(fused, c.side); state != cam.OK {
					b.Fatal(state)
				}
			}
		})
	}
}
