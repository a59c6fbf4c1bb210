package pixels

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/data/datatest"
	"acol/internal/data/pixels/jpeg"
)

// placed says that every picture becomes p.
func placed(p Placement) Place {
	return func(int, int) (Placement, error) { return p, nil }
}

// random draws a placement on a picture of w x h pixels.
func random(r *rand.Rand, w, h int) Placement {
	part := func(n int) (from, to int) {
		from = r.IntN(n)
		return from, from + 1 + r.IntN(n-from)
	}
	var p Placement
	p.From.Min.X, p.From.Max.X = part(w)
	p.From.Min.Y, p.From.Max.Y = part(h)
	p.W, p.H = 1+r.IntN(40), 1+r.IntN(40)
	p.Window.Min.X, p.Window.Max.X = part(p.W)
	p.Window.Min.Y, p.Window.Max.Y = part(p.H)
	return p
}

func TestStreamHasThePixelsOfLoadAndResize(t *testing.T) {
	files, err := filepath.Glob("jpeg/testdata/*.jpg")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, file := range files {
		img, err := Load(file, true)
		if err != nil && !jpeg.Streams {
			continue // package jpeg tests which files its decoders read
		}
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			p := random(r, img.Bounds().Dx(), img.Bounds().Dy())
			got, err := Stream(file, true, false, placed(p))
			if err != nil {
				t.Fatalf("%s: %+v: %v", file, p, err)
			}
			if !jpeg.Streams {
				if got != nil {
					t.Fatal("a build that does not stream gave pixels")
				}
				continue
			}
			want, err := Resize(img, p.From, p.W, p.H, p.Window)
			if err != nil {
				t.Fatal(err)
			}
			if got.W != want.W || got.H != want.H || !bytes.Equal(got.Pix, want.Pix) {
				t.Fatalf("%s: %+v: other pixels", file, p)
			}
		}
	}
}

func TestStreamLeavesOtherFilesAlone(t *testing.T) {
	turned := filepath.Join(t.TempDir(), "turned.jpg")
	raw := datatest.JPEG(t, quarters(), 6, binary.BigEndian)
	if err := os.WriteFile(turned, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	never := func(int, int) (Placement, error) { panic("placed") }
	for _, file := range []string{turned, "testdata/images/lossy.webp", "testdata/images/alpha.png"} {
		if m, err := Stream(file, true, false, never); m != nil || err != nil {
			t.Errorf("%s: %v, %v", file, m, err)
		}
	}
}

func TestStreamRefusesWhatLoadRefuses(t *testing.T) {
	if !jpeg.Streams {
		t.Skip("this build does not stream")
	}
	whole, err := os.ReadFile("jpeg/testdata/restarts.jpg")
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.jpg")
	if err := os.WriteFile(cut, whole[:len(whole)-60], 0o666); err != nil {
		t.Fatal(err)
	}
	// The rows that are missing are not among those that the result needs.
	top := image.Rect(0, 0, 8, 8)
	m, err := Stream(cut, true, false, placed(Placement{top, 8, 8, top}))
	if !errors.Is(err, ErrTruncated) || m != nil || !strings.Contains(err.Error(), "decoding "+cut) {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestScaledDecodingIsNeverSmallerThanTheResult(t *testing.T) {
	for _, c := range []struct{ from, to, scale int }{
		{500, 256, 1}, {511, 256, 1}, {512, 256, 2}, {1023, 256, 2}, {1024, 256, 4},
		{2048, 256, 8}, {90000, 256, 8}, {100, 256, 1},
	} {
		p := Placement{From: image.Rect(0, 0, c.from, 90000), W: c.to, H: 8}
		if got := p.scale(); got != c.scale {
			t.Errorf("%d to %d pixels: 1/%d, want 1/%d", c.from, c.to, got, c.scale)
		}
	}
}

func TestScaledDecodingChangesLittle(t *testing.T) {
	if !jpeg.Streams {
		t.Skip("this build does not stream")
	}
	const side = 160
	smooth := image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		x, y := i%side, i/side
		copy(smooth.Pix[4*i:], []uint8{uint8(x), uint8(y), uint8((x + y) / 2), 255})
	}
	file := filepath.Join(t.TempDir(), "smooth.jpg")
	if err := os.WriteFile(file, datatest.JPEG(t, smooth, 0, nil), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, to := range []int{80, 40, 20} {
		p := Placement{image.Rect(0, 0, side, side), to, to, image.Rect(0, 0, to, to)}
		full, err := Stream(file, true, false, placed(p))
		if err != nil {
			t.Fatal(err)
		}
		scaled, err := Stream(file, true, true, placed(p))
		if err != nil {
			t.Fatal(err)
		}
		differ := 0
		for i := range full.Pix {
			d := int(full.Pix[i]) - int(scaled.Pix[i])
			if d != 0 {
				differ++
			}
			if d < -8 || d > 8 {
				t.Fatalf("to %d pixels: value %d is %d, %d in full", to, i, scaled.Pix[i], full.Pix[i])
			}
		}
		if differ == 0 {
			t.Errorf("to %d pixels: no value differs: was it scaled?", to)
		}
	}
}

// BenchmarkStream decodes a photograph of cub16 and resizes it as training does.
func BenchmarkStream(b *testing.B) {
	file := filepath.Join(datatest.Shared(b), "data", "cub16", "CUB_200_2011", "images",
		"004.Groove_billed_Ani", "Groove_Billed_Ani_0002_1670.jpg")
	to := image.Rect(0, 0, 256, 256)
	place := func(w, h int) (Placement, error) { return Placement{image.Rect(0, 0, w, h), 256, 256, to}, nil }
	for b.Loop() {
		if _, err := Stream(file, true, false, place); err != nil {
			b.Fatal(err)
		}
	}
}
