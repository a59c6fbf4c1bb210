package pixels

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/disintegration/imaging"

	"acol/internal/data/datatest"
)

// seen is what a line of a golden file of testdata/variants says that Pillow reads.
type seen struct {
	name, sum, cells string
	w, h             int
}

// goldens reads a golden file that testdata/variants/make.py wrote.
func goldens(t *testing.T, file string) []seen {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "variants", file))
	if err != nil {
		t.Fatal(err)
	}
	var all []seen
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		w, _ := strconv.Atoi(f[1])
		h, _ := strconv.Atoi(f[2])
		all = append(all, seen{f[0], f[3], f[4], w, h})
	}
	return all
}

// compare holds a picture against what Pillow reads: to the bit where far is 0, and otherwise the
// means of cells, which may differ by far.
func (s seen) compare(t *testing.T, img image.Image, far int) {
	t.Helper()
	b := img.Bounds()
	if b != image.Rect(0, 0, s.w, s.h) {
		t.Errorf("%s: got %v, want %dx%d", s.name, b, s.w, s.h)
		return
	}
	m := imaging.Clone(img)
	rgb := make([]byte, 0, 3*s.w*s.h)
	for i := 0; i < len(m.Pix); i += 4 {
		rgb = append(rgb, m.Pix[i:i+3]...)
	}
	sum := sha256.Sum256(rgb)
	if got := hex.EncodeToString(sum[:8]); got == s.sum {
		return
	} else if far == 0 {
		t.Errorf("%s: pixels have the sum %s, want %s\n got %x\nwant %s", s.name, got, s.sum,
			cellMeans(rgb, s.w, s.h), s.cells)
		return
	}
	want, err := hex.DecodeString(s.cells)
	if err != nil {
		t.Fatal(err)
	}
	got := cellMeans(rgb, s.w, s.h)
	for i := range want {
		if d := int(got[i]) - int(want[i]); d > far || d < -far {
			t.Errorf("%s: means of cells more than %d apart\n got %x\nwant %x", s.name, far, got, want)
			return
		}
	}
}

// cellMeans gives the means of R, G and B in 4x4 cells, which numpy's array_split makes.
func cellMeans(rgb []byte, w, h int) []byte {
	edges := func(n int) (at [5]int) {
		for i := range 4 {
			at[i+1] = at[i] + n/4
			if i < n%4 {
				at[i+1]++
			}
		}
		return at
	}
	xs, ys := edges(w), edges(h)
	var means []byte
	for cy := range 4 {
		for cx := range 4 {
			for c := range 3 {
				sum, n := 0, 0
				for y := ys[cy]; y < ys[cy+1]; y++ {
					for x := xs[cx]; x < xs[cx+1]; x++ {
						sum += int(rgb[3*(y*w+x)+c])
						n++
					}
				}
				means = append(means, byte((2*sum+n)/(2*n)))
			}
		}
	}
	return means
}

// lossy are the variants whose pixels are computed in more than one right way, with the most that
// the means of cells may differ.
var lossy = map[string]int{
	"animated_lossy.webp": 2, "animated_lossy_alpha.webp": 2,
	// libjpeg smooths chroma between its samples.
	"jpeg_tiles.tif": 6, "jpeg_ycbcr.tif": 2, "i21_jpeg.tif": 2,
	"jpeg_grey.tif": 1, "jpeg_rgb.tif": 1, "cmyk_jpeg.tif": 1,
	// libtiff and Pillow round the conversion of colours differently.
	"ycbcr.tif": 1, "ycbcr_lzw.tif": 1, "ycbcr21_bigtiff.tif": 1, "ycbcr22.tif": 1,
	"i21g_ycbcr.tif": 2,
}

// refused are the variants that acol does not read, with what it says of them.
var refused = map[string]string{
	"bits1_tiff_ccitt.tif":        "a TIFF in CCITT's modified Huffman code",
	"bits1_tiff_ccitt_white0.tif": "a TIFF in CCITT's modified Huffman code",
	"lab.tif":                     "a TIFF of CIE L*a*b* colours",
	"lzma.tif":                    "a TIFF in LZMA",
	"rgb_float.tif":               "a TIFF of floating-point colours",
	"webp.tif":                    "a TIFF in WebP",
}

// alike are variants that Pillow does not read, or reads as noise, and one with the same pixels.
var alike = map[string]string{
	"rgb_bigtiff_big.tif": "rgb_lzw.tif", "rgb16_planar.tif": "rgb_lzw.tif",
	"grey16_float.tif": "grey8.tif", "grey64_float.tif": "grey8.tif",
}

func TestVariantsOfFormatsHavePillowsPixels(t *testing.T) {
	all := goldens(t, "variants.golden")
	for name, as := range alike {
		i := slices.IndexFunc(all, func(s seen) bool { return s.name == as })
		s := all[i]
		s.name = name
		all = append(all, s)
	}
	for _, s := range all {
		if refused[s.name] != "" {
			continue
		}
		path := filepath.Join("testdata", "variants", s.name)
		img, err := Load(path, true)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		s.compare(t, img, lossy[s.name])
		if w, h, err := Size(path, true); err != nil || w != s.w || h != s.h {
			t.Errorf("%s: size %dx%d, %v", s.name, w, h, err)
		}
		if _, err := NewRoom(1<<20).Inspect(t.Context(), path, true); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

func TestKindsThatAreNotReadAreNamed(t *testing.T) {
	for name, what := range refused {
		path := filepath.Join("testdata", "variants", name)
		_, err := Load(path, true)
		want := "decoding " + path + ": it is " + what + ", which acol does not read; " +
			"convert it, for example by: magick in.tif out.png"
		if err == nil || err.Error() != want || !errors.Is(err, ErrUnsupported) {
			t.Errorf("got %v\nwant %s", err, want)
		}
		if _, err := NewRoom(1<<20).Inspect(t.Context(), path, false); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: a quick look gave %v", name, err)
		}
	}
}

func TestReportedPicturesHavePillowsPixels(t *testing.T) {
	dir := filepath.Join(datatest.Shared(t), "data", "reports")
	for _, s := range goldens(t, "reports.golden") {
		found, err := filepath.Glob(filepath.Join(dir, "F0*", s.name))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: found %v, %v", s.name, found, err)
		}
		img, err := Load(found[0], true)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		s.compare(t, img, lossy[s.name])
	}
}
