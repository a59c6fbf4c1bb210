package pixels

import (
	"image"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"acol/internal/box"
)

func TestGeometryIsTorchvisions(t *testing.T) {
	in := Input{Size: 224, Resize: "short", TrainResize: 256, TestResize: 256}
	for _, tc := range []struct {
		w, h int
		want Geometry
	}{
		// 256*500/333 = 384.4 and (384-224)/2 = 80.
		{500, 333, Geometry{500, 333, 384, 256, 80, 16, 224}},
		// 256*375/250 = 384.
		{250, 375, Geometry{250, 375, 256, 384, 16, 80, 224}},
		// (269-224)/2 = 22.5 rounds to 22, (267-224)/2 = 21.5 to 22.
		{400, 420, Geometry{400, 420, 256, 268, 16, 22, 224}},
		{420, 400, Geometry{420, 400, 268, 256, 22, 16, 224}},
		{200, 209, Geometry{200, 209, 256, 267, 16, 22, 224}},
		{200, 210.0, Geometry{200, 210, 256, 268, 16, 22, 224}},
		{60, 60, Geometry{60, 60, 256, 256, 16, 16, 224}},
	} {
		if got, err := in.TestGeometry(tc.w, tc.h); err != nil || got != tc.want {
			t.Errorf("%dx%d: got %+v, %v, want %+v", tc.w, tc.h, got, err, tc.want)
		}
	}
	if got := Centered(269, 224); got != 22 {
		t.Errorf("22.5 rounds to %d, want 22", got)
	}
	in = Input{Size: 224, Resize: "warp", TrainResize: 256, TestResize: 224}
	if got, err := in.TestGeometry(500, 333); err != nil ||
		got != (Geometry{500, 333, 224, 224, 0, 0, 224}) {
		t.Errorf("warp: got %+v, %v", got, err)
	}
	in.Resize = "short"
	if _, err := in.TestGeometry(1, 65000); err == nil ||
		!strings.Contains(err.Error(), "longer than 16 to 1") {
		t.Errorf("thread: got %v", err)
	}
	if _, err := in.TestGeometry(0, 5); err == nil {
		t.Error("empty image: no error")
	}
}

func TestBoxLeadsBackToTheOriginal(t *testing.T) {
	crop := Geometry{Width: 400, Height: 200, ResizedW: 200, ResizedH: 100, CropX: 50, CropY: 0, Size: 100}
	for _, tc := range []struct {
		g          Geometry
		in         box.Box
		mapW, mapH int
		want       box.Box
	}{
		{
			crop, box.Box{X0: 0, Y0: 0, X1: 99, Y1: 99}, 100, 100,
			box.Box{X0: 100, Y0: 0, X1: 299, Y1: 199},
		},
		{crop, box.Box{X0: 0, Y0: 0, X1: 49, Y1: 24}, 50, 50, box.Box{X0: 100, Y0: 0, X1: 299, Y1: 99}},
		{
			crop, box.Box{X0: 10, Y0: 10, X1: 10, Y1: 10}, 100, 100,
			box.Box{X0: 120, Y0: 20, X1: 121, Y1: 21},
		},
		// An image smaller than the map: never less than a pixel, never outside.
		{
			Geometry{Width: 2, Height: 1, ResizedW: 100, ResizedH: 100, Size: 100},
			box.Box{X0: 97, Y0: 97, X1: 97, Y1: 97}, 100, 100,
			box.Box{X0: 1, Y0: 0, X1: 1, Y1: 0},
		},
	} {
		if got := tc.g.Box(tc.in, tc.mapW, tc.mapH); got != tc.want {
			t.Errorf("%v of %+v: got %v, want %v", tc.in, tc.g, got, tc.want)
		}
	}
}

func TestBoxThereAndBackStaysWithinAPixelOfTheInput(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, mode := range []ResizeMode{Warp, Short} {
		net := Input{Size: 96, Resize: mode, TrainResize: 112, TestResize: 112}
		for range 300 {
			w, h := 112+rng.IntN(300), 112+rng.IntN(300)
			g, err := net.TestGeometry(w, h)
			if err != nil {
				t.Fatal(err)
			}
			in := box.Box{X0: rng.IntN(90), Y0: rng.IntN(90)}
			in.X1, in.Y1 = in.X0+rng.IntN(96-in.X0), in.Y0+rng.IntN(96-in.Y0)
			back, ok := g.inputBox(g.Box(in, 96, 96))
			for _, d := range []int{back.X0 - in.X0, back.Y0 - in.Y0, back.X1 - in.X1, back.Y1 - in.Y1} {
				if !ok || d < -1 || d > 1 {
					t.Fatalf("%s %dx%d: %v came back as %v", mode, w, h, in, back)
				}
			}
		}
	}
}

func TestPlacePutsAMapOnTheOriginal(t *testing.T) {
	g := Geometry{Width: 8, Height: 4, ResizedW: 4, ResizedH: 2, CropX: 1, CropY: 0, Size: 2}
	got, err := g.Place([]float64{0, 1, 0, 1}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	// The input covers columns 2 to 5; the map's pixel centres lie at 3 and 5 (edges of pixels).
	want := []float64{0, 0, 0, 0.25, 0.75, 1, 0, 0}
	for i, v := range got {
		if math.Abs(v-want[i%8]) > 1e-12 {
			t.Fatalf("row %d: got %v, want %v", i/8, got[i/8*8:][:8], want)
		}
	}
	if got, err = (Geometry{Width: 3, Height: 1, ResizedW: 5, ResizedH: 5, Size: 5}).Place([]float64{0.5}, 1, 1); err != nil || got[0] != 0.5 || got[2] != 0.5 {
		t.Errorf("one value: got %v, %v", got, err)
	}
	if _, err := g.Place([]float64{1}, 2, 2); err == nil {
		t.Error("wrong length: no error")
	}
}

// unit normalises to value/255.
var unit = NewNormalizer([]float64{0, 0, 0}, []float64{1, 1, 1})

// TestPixelsAndBoxesAgree draws a box on an image and finds it in the network's input where
// inputBox says.
func TestPixelsAndBoxesAgree(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 200, 120))
	b := box.Box{X0: 60, Y0: 36, X1: 119, Y1: 83}
	for i := range img.Pix {
		x, y := i/4%200, i/4/200
		if i%4 == 3 || x >= b.X0 && x <= b.X1 && y >= b.Y0 && y <= b.Y1 {
			img.Pix[i] = 255
		}
	}
	for _, mode := range []ResizeMode{Warp, Short} {
		net := Input{Size: 50, Resize: mode, TrainResize: 60, TestResize: 60}
		in := NewInputs(1, 50, unit, false)
		x := in.X
		g, err := net.TestView().Input(net, img, in)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := g.inputBox(b)
		got := box.Box{X0: 50, Y0: 50}
		for i, v := range x[:2500] {
			if v > 0.5 {
				got = box.Box{X0: min(got.X0, i%50), Y0: min(got.Y0, i/50), X1: max(got.X1, i%50), Y1: max(got.Y1, i/50)}
			}
		}
		for _, d := range []int{got.X0 - want.X0, got.Y0 - want.Y0, got.X1 - want.X1, got.Y1 - want.Y1} {
			if d < -1 || d > 1 {
				t.Errorf("%s: the picture has %v, the geometry %v", mode, got, want)
				break
			}
		}
	}
}

// inputBox maps a box of the original image to the input, each coordinate
// scaled and truncated as wsolevaluation's resize_bbox does, then moved and
// clipped by the crop. ok is false where the crop leaves nothing of it.
func (g Geometry) inputBox(b box.Box) (in box.Box, ok bool) {
	s := b.Scale(g.Width, g.Height, g.ResizedW, g.ResizedH)
	s = box.Box{X0: s.X0 - g.CropX, Y0: s.Y0 - g.CropY, X1: s.X1 - g.CropX, Y1: s.Y1 - g.CropY}
	if s.X1 < 0 || s.Y1 < 0 || s.X0 >= g.Size || s.Y0 >= g.Size {
		return box.Box{}, false
	}
	return s.Clip(g.Size, g.Size), true
}
