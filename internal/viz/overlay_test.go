package viz

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"testing"

	"acol/internal/cam"
)

// plain is a picture of one colour.
func plain(w, h int, c color.Color) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return img
}

// single is a map of one value.
func single(v float64) cam.Map { return cam.Map{H: 1, W: 1, V: []float64{v}} }

func wantPixel(t *testing.T, img *image.NRGBA, x, y int, want color.NRGBA) {
	t.Helper()
	if got := img.NRGBAAt(x, y); got != want {
		t.Errorf("pixel (%d,%d) is %v, want %v", x, y, got, want)
	}
}

func TestOverlayBlendsByOpacity(t *testing.T) {
	photo := plain(3, 2, color.NRGBA{100, 200, 40, 255})
	for _, c := range []struct {
		name    string
		score   float64
		opacity float64
		want    color.NRGBA
	}{
		{"photograph alone", 1, 0, color.NRGBA{100, 200, 40, 255}},
		{"map alone", 1, 1, color.NRGBA{128, 0, 0, 255}},
		{"half, hot", 1, 0.5, color.NRGBA{114, 100, 20, 255}},
		{"half, cold", 0, 0.5, color.NRGBA{50, 100, 84, 255}},
		{"a quarter", 1, 0.25, color.NRGBA{107, 150, 30, 255}},
		{"opacity over 1", 1, 7, color.NRGBA{128, 0, 0, 255}},
		{"opacity NaN", 1, math.NaN(), color.NRGBA{100, 200, 40, 255}},
		{"score NaN", math.NaN(), 0.5, color.NRGBA{50, 100, 84, 255}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Overlay(photo, single(c.score), OverlayOptions{Opacity: c.opacity})
			if got.Rect != image.Rect(0, 0, 3, 2) {
				t.Fatalf("the overlay has bounds %v, want those of the photograph", got.Rect)
			}
			for y := range 2 {
				for x := range 3 {
					wantPixel(t, got, x, y, c.want)
				}
			}
		})
	}
}

// TestOverlayEqualsPlainArithmetic compares with the blend in float64, pixel by pixel.
func TestOverlayEqualsPlainArithmetic(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	photo := image.NewNRGBA(image.Rect(0, 0, 61, 47))
	for i := range photo.Pix {
		photo.Pix[i] = uint8(rng.Uint32())
		if i%4 == 3 {
			photo.Pix[i] = 255
		}
	}
	m := cam.New(5, 7)
	for i := range m.V {
		m.V[i] = rng.Float64()
	}
	scores := cam.Resize(m, 47, 61)
	turbo := Palette{"turbo"}
	got := Overlay(photo, m, OverlayOptions{Palette: turbo, Opacity: 0.6})
	for i, v := range scores.V {
		x, y := i%61, i/61
		s := math.Floor(unit(v)*255+0.5) / 255
		p, c, g := photo.NRGBAAt(x, y), turbo.At(s), got.NRGBAAt(x, y)
		for _, k := range [][3]uint8{{p.R, c.R, g.R}, {p.G, c.G, g.G}, {p.B, c.B, g.B}} {
			want := 0.4*float64(k[0]) + 0.6*float64(k[1])
			// Half a level for rounding; the rest for a score that float32 puts on the next level.
			if math.Abs(float64(k[2])-want) > 4 {
				t.Fatalf("(%d,%d): %d, want %.2f", x, y, k[2], want)
			}
		}
	}
}

func TestOverlayIsSmoothAndOriented(t *testing.T) {
	m := cam.Map{H: 2, W: 2, V: []float64{0, 1, 0, 1}} // cold left, hot right
	got := Overlay(plain(64, 16, color.White), m, OverlayOptions{Palette: Palette{"gray"}, Opacity: 1})
	for y := range 16 {
		for x := 1; x < 64; x++ {
			step := int(got.NRGBAAt(x, y).R) - int(got.NRGBAAt(x-1, y).R)
			if step < 0 || step > 14 {
				t.Fatalf("the step to (%d,%d) is %d levels, want 0 to 14", x, y, step)
			}
		}
	}
	wantPixel(t, got, 0, 0, color.NRGBA{0, 0, 0, 255})
	wantPixel(t, got, 63, 15, color.NRGBA{255, 255, 255, 255})
}

func TestOverlayTakesAnyPicture(t *testing.T) {
	opt := OverlayOptions{Palette: Palette{"gray"}, Opacity: 0.5}
	grey := image.NewGray(image.Rect(-2, 5, 1, 9))
	for i := range grey.Pix {
		grey.Pix[i] = 100
	}
	ycc := image.NewYCbCr(image.Rect(0, 0, 16, 16), image.YCbCrSubsampleRatio420)
	for i := range ycc.Y {
		ycc.Y[i] = 100
	}
	for i := range ycc.Cb {
		ycc.Cb[i], ycc.Cr[i] = 128, 128
	}
	for name, img := range map[string]image.Image{
		"grey, origin elsewhere": grey,
		"JPEG's colours, cut":    ycc.SubImage(image.Rect(3, 5, 10, 12)),
		"one pixel":              plain(1, 1, color.NRGBA{100, 100, 100, 255}),
		"paletted": image.NewPaletted(image.Rect(0, 0, 2, 2),
			color.Palette{color.Gray{100}}),
		"sixteen bits": &image.Uniform{color.Gray16{100 * 257}},
	} {
		if u, ok := img.(*image.Uniform); ok {
			dst := image.NewRGBA64(image.Rect(0, 0, 3, 1))
			draw.Draw(dst, dst.Rect, u, image.Point{}, draw.Src)
			img = dst
		}
		got := Overlay(img, single(1), opt)
		if got.Rect.Size() != img.Bounds().Size() || got.Rect.Min != (image.Point{}) {
			t.Errorf("%s: bounds %v of a picture of %v", name, got.Rect, img.Bounds())
		}
		for i, v := range got.Pix {
			want := uint8(178) // (100+255)/2, rounded up
			if i%4 == 3 {
				want = 255
			}
			if v != want {
				t.Fatalf("%s: byte %d is %d, want %d", name, i, v, want)
			}
		}
	}
}

func TestOverlayLaysTransparencyOnWhite(t *testing.T) {
	opt := OverlayOptions{Opacity: 0}
	clear := Overlay(plain(2, 2, color.NRGBA{9, 9, 9, 0}), single(1), opt)
	wantPixel(t, clear, 1, 1, color.NRGBA{255, 255, 255, 255})
	half := Overlay(plain(2, 2, color.NRGBA{0, 100, 255, 128}), single(1), opt)
	wantPixel(t, half, 0, 0, color.NRGBA{127, 177, 255, 255})
}

func TestOverlayLeavesItsInputsAlone(t *testing.T) {
	photo := plain(8, 8, color.NRGBA{1, 2, 3, 255})
	m := cam.Map{H: 1, W: 3, V: []float64{-4, 0.5, 9}}
	pix := bytes.Clone(photo.Pix)
	Overlay(photo, m, DefaultOverlay())
	if !bytes.Equal(photo.Pix, pix) || m.V[0] != -4 || m.V[1] != 0.5 || m.V[2] != 9 {
		t.Error("the photograph or the map was changed")
	}
}

func TestOverlayOfNothingIsEmpty(t *testing.T) {
	for _, img := range []image.Image{
		nil, image.NewNRGBA(image.Rectangle{}), image.NewGray(image.Rect(0, 0, 0, 5)),
	} {
		if got := Overlay(img, single(1), DefaultOverlay()); !got.Rect.Empty() {
			t.Errorf("an overlay over nothing has bounds %v", got.Rect)
		}
	}
}

// BenchmarkOverlay draws over a decoded JPEG of 12 megapixels.
func BenchmarkOverlay(b *testing.B) {
	photo := image.NewYCbCr(image.Rect(0, 0, 4000, 3000), image.YCbCrSubsampleRatio420)
	for _, c := range []struct {
		name string
		side int
	}{{"map14", 14}, {"map224", 224}} {
		m := cam.New(c.side, c.side)
		for i := range m.V {
			m.V[i] = float64(i) / float64(len(m.V))
		}
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(4000 * 3000)
			for b.Loop() {
				Overlay(photo, m, DefaultOverlay())
			}
		})
	}
}
