package pixels

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"

	"github.com/disintegration/imaging"

	"acol/internal/data/datatest"
)

// pattern is the picture of testdata/make_goldens.py.
func pattern(w, h, channels int) image.Image {
	state := 1
	value := func(x, y, c int) uint8 {
		state = state * 48271 % 2147483647
		return uint8((x*5 + y*3*(c+1) + state%64) % 256)
	}
	rect := image.Rect(0, 0, w, h)
	grey, full := image.NewGray(rect), image.NewNRGBA(rect)
	for y := range h {
		for x := range w {
			if channels == 1 {
				grey.SetGray(x, y, color.Gray{Y: value(x, y, 0)})
				continue
			}
			full.SetNRGBA(x, y, color.NRGBA{R: value(x, y, 0), G: value(x, y, 1), B: value(x, y, 2), A: 255})
		}
	}
	if channels == 1 {
		return grey
	}
	return full
}

func TestResizeEqualsPILToTheBit(t *testing.T) {
	for name, tc := range map[string]struct {
		w, h, channels int
		crop           image.Rectangle
		nw, nh         int
	}{
		"shrink":  {61, 37, 3, image.Rect(0, 0, 61, 37), 16, 16},
		"grow":    {13, 9, 3, image.Rect(0, 0, 13, 9), 31, 24},
		"mixed":   {50, 11, 3, image.Rect(0, 0, 50, 11), 17, 29},
		"columns": {40, 16, 3, image.Rect(0, 0, 40, 16), 16, 16},
		"crop":    {48, 40, 3, image.Rect(7, 5, 38, 29), 16, 16},
		"grey":    {45, 33, 1, image.Rect(0, 0, 45, 33), 20, 18},
	} {
		t.Run(name, func(t *testing.T) {
			golden, err := Load(filepath.Join("testdata", "resize", name+".png"), true)
			if err != nil {
				t.Fatal(err)
			}
			want := imaging.Clone(golden)
			got, err := Resize(pattern(tc.w, tc.h, tc.channels), tc.crop, tc.nw, tc.nh, image.Rect(0, 0, tc.nw, tc.nh))
			if err != nil {
				t.Fatal(err)
			}
			if got.W != want.Rect.Dx() || got.H != want.Rect.Dy() {
				t.Fatalf("got %dx%d, want %v", got.W, got.H, want.Rect)
			}
			for i := range got.W * got.H {
				for c := range 3 {
					if got.Pix[3*i+c] != want.Pix[4*i+c] {
						t.Fatalf("pixel (%d,%d) channel %d: got %d, want %d",
							i%got.W, i/got.W, c, got.Pix[3*i+c], want.Pix[4*i+c])
					}
				}
			}
		})
	}
}

func TestResizeWindowIsThePartOfTheWhole(t *testing.T) {
	img := pattern(61, 37, 3)
	whole, err := Resize(img, img.Bounds(), 30, 40, image.Rect(0, 0, 30, 40))
	if err != nil {
		t.Fatal(err)
	}
	window := image.Rect(4, 9, 20, 31)
	part, err := Resize(img, img.Bounds(), 30, 40, window)
	if err != nil {
		t.Fatal(err)
	}
	for y := range part.H {
		for x := range 3 * part.W {
			if got, want := part.Pix[y*3*part.W+x], whole.Pix[(y+window.Min.Y)*3*whole.W+3*window.Min.X+x]; got != want {
				t.Fatalf("row %d value %d: got %d, want %d", y, x, got, want)
			}
		}
	}
}

// ycbcr is a smooth picture with subsampled chroma.
func ycbcr(w, h int, ratio image.YCbCrSubsampleRatio) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), ratio)
	sx, sy := subsampling(ratio)
	for y := range h {
		for x := range w {
			m.Y[m.YOffset(x, y)] = uint8(60 + 100*x/w + 30*y/h)
			fx, fy := (float64(x/sx*sx)+float64(sx)/2)/float64(w), (float64(y/sy*sy)+float64(sy)/2)/float64(h)
			m.Cb[m.COffset(x, y)] = uint8(90 + 70*fx)
			m.Cr[m.COffset(x, y)] = uint8(160 - 60*fy)
		}
	}
	return m
}

func TestResizeOfSubsampledPlanesMatchesRGB(t *testing.T) {
	// Rounding twice, and chroma that is smooth instead of in steps.
	const tolerance = 3
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		m := ycbcr(83, 61, ratio) // odd: the last chroma values cover pixels that are not there
		crop, whole := image.Rect(9, 5, 78, 60), image.Rect(0, 0, 24, 20)
		got, err := Resize(m, crop, 24, 20, whole)
		if err != nil {
			t.Fatal(err)
		}
		want, err := Resize(imaging.Clone(m), crop, 24, 20, whole)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Pix {
			if d := int(got.Pix[i]) - int(want.Pix[i]); d < -tolerance || d > tolerance {
				t.Fatalf("%v: value %d: got %d, want %d", ratio, i, got.Pix[i], want.Pix[i])
			}
		}
	}
}

func TestResizeOfOnePixel(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	img.SetNRGBA(0, 0, color.NRGBA{R: 10, G: 20, B: 30, A: 255})
	got, err := Resize(img, img.Bounds(), 5, 4, image.Rect(0, 0, 5, 4))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if p := got.Pix[3*i : 3*i+3]; p[0] != 10 || p[1] != 20 || p[2] != 30 {
			t.Fatalf("pixel %d: got %v", i, p)
		}
	}
}

// BenchmarkDecodeAndResize measures what is done to a photograph on its way into a batch. Crop and
// flip are what a device could do in the place of this machine.
func BenchmarkDecodeAndResize(b *testing.B) {
	path := filepath.Join(datatest.Shared(b), "data/cub16/CUB_200_2011/images/004.Groove_billed_Ani/Groove_Billed_Ani_0033_1494.jpg")
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Skip(err)
	}
	img, err := inMemory(raw).decode(true)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			if _, err := inMemory(raw).decode(true); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("resize", func(b *testing.B) {
		for b.Loop() {
			if _, err := Resize(img, img.Bounds(), 256, 256, image.Rect(0, 0, 256, 256)); err != nil {
				b.Fatal(err)
			}
		}
	})
	resized, err := Resize(img, img.Bounds(), 256, 256, image.Rect(0, 0, 256, 256))
	if err != nil {
		b.Fatal(err)
	}
	for _, form := range []string{"bytes", "normalised values"} {
		b.Run("crop and flip to "+form, func(b *testing.B) {
			in := NewInputs(1, 224, unit, form == "bytes")
			for b.Loop() {
				if err := in.Put(resized, 16, 16, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
