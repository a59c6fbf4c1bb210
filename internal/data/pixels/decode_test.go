package pixels

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/disintegration/imaging"
	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"

	"acol/internal/data/datatest"
)

// quarters is 32x24 pixels of four colours: what testdata/images shows.
func quarters() *image.NRGBA {
	colours := []color.NRGBA{{200, 30, 30, 255}, {30, 180, 40, 255}, {40, 50, 190, 255}, {220, 220, 210, 255}}
	m := image.NewNRGBA(image.Rect(0, 0, 32, 24))
	for y := range 24 {
		for x := range 32 {
			m.SetNRGBA(x, y, colours[x/16+y/12*2])
		}
	}
	return m
}

// wantQuarters compares the middles of the quarters.
func wantQuarters(t *testing.T, img image.Image, want *image.NRGBA, tolerance int) {
	t.Helper()
	got := imaging.Clone(img)
	if got.Rect != want.Rect {
		t.Fatalf("got %v, want %v", got.Rect, want.Rect)
	}
	w, h := got.Rect.Dx(), got.Rect.Dy()
	for i := range 4 {
		x, y := w/4+i%2*w/2, h/4+i/2*h/2
		g, c := got.NRGBAAt(x, y), want.NRGBAAt(x, y)
		for _, d := range []int{int(g.R) - int(c.R), int(g.G) - int(c.G), int(g.B) - int(c.B)} {
			if d > tolerance || d < -tolerance || g.A != 255 {
				t.Errorf("(%d,%d): got %v, want %v", x, y, g, c)
				break
			}
		}
	}
}

func TestLoadReadsFormatsByContent(t *testing.T) {
	write := func(name string, encode func(f *os.File) error) string {
		p := filepath.Join(t.TempDir(), name)
		f, err := os.Create(p)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := encode(f); err != nil {
			t.Fatal(err)
		}
		return p
	}
	deep := image.NewNRGBA64(quarters().Rect)
	veiled := image.NewNRGBA(quarters().Rect)
	for y := range 24 {
		for x := range 32 {
			c := quarters().NRGBAAt(x, y)
			deep.SetNRGBA64(x, y, color.NRGBA64{uint16(c.R) * 257, uint16(c.G) * 257, uint16(c.B) * 257, 30000})
			c.A = 0
			veiled.SetNRGBA(x, y, c)
		}
	}
	palette := image.NewPaletted(quarters().Rect, nil)
	for i := range 4 {
		c := quarters().NRGBAAt(i%2*31, i/2*23)
		c.A = uint8(i * 80) // transparent entries keep their colours
		palette.Palette = append(palette.Palette, c)
	}
	for i := range palette.Pix {
		palette.Pix[i] = uint8(i%32/16 + i/32/12*2)
	}
	full := image.NewPaletted(quarters().Rect, nil)
	full.Pix = palette.Pix
	for _, c := range palette.Palette {
		n := c.(color.NRGBA)
		n.A = 255
		full.Palette = append(full.Palette, n)
	}
	files := map[string]string{
		"png as jpg":  write("x.jpg", func(f *os.File) error { return png.Encode(f, quarters()) }),
		"png 16 bit":  write("x.png", func(f *os.File) error { return png.Encode(f, deep) }),
		"png alpha 0": write("x.png", func(f *os.File) error { return png.Encode(f, veiled) }),
		"png palette": write("x.png", func(f *os.File) error { return png.Encode(f, palette) }),
		"gif":         write("x", func(f *os.File) error { return gif.Encode(f, full, nil) }),
		"bmp":         write("x.bmp", func(f *os.File) error { return bmp.Encode(f, quarters()) }),
		"tiff":        write("x.tif", func(f *os.File) error { return tiff.Encode(f, quarters(), nil) }),
		"tiff alpha":  write("x.tif", func(f *os.File) error { return tiff.Encode(f, veiled, &tiff.Options{Compression: tiff.Deflate}) }),
	}
	for _, name := range []string{"cmyk.jpg", "progressive.jpg", "lossy.webp", "lossless.webp", "alpha.webp", "alpha.png"} {
		files[name] = filepath.Join("testdata", "images", name)
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			img, err := Load(file, true)
			if err != nil {
				t.Fatal(err)
			}
			tolerance := 0
			if strings.Contains(file, ".jpg") || strings.Contains(file, ".webp") {
				tolerance = 6 // lossy
			}
			wantQuarters(t, img, quarters(), tolerance)
			w, h, err := Size(file, true)
			if err != nil || w != 32 || h != 24 {
				t.Errorf("size %dx%d, %v", w, h, err)
			}
		})
	}
	grey, err := Load(filepath.Join("testdata", "images", "grey.jpg"), true)
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := grey.(*image.Gray); !ok || m.GrayAt(4, 4).Y < 78 || m.GrayAt(4, 4).Y > 84 {
		t.Errorf("grey.jpg: %T with %v, want *image.Gray with about 81", grey, grey.At(4, 4))
	}
}

func TestLoadPlacesASmallGIFFrameOnItsScreen(t *testing.T) {
	frame := image.NewPaletted(image.Rect(4, 2, 8, 5), color.Palette{color.NRGBA{9, 99, 200, 255}})
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 12, Height: 10, ColorModel: frame.Palette}})
	if err != nil {
		t.Fatal(err)
	}
	img, err := inMemory(b.Bytes()).decode(true)
	if err != nil {
		t.Fatal(err)
	}
	m := imaging.Clone(img)
	if m.Rect != image.Rect(0, 0, 12, 10) || m.NRGBAAt(5, 3) != (color.NRGBA{9, 99, 200, 255}) ||
		m.NRGBAAt(0, 0) != (color.NRGBA{9, 99, 200, 255}) {
		t.Errorf("got %v with %v inside and %v outside", m.Rect, m.NRGBAAt(5, 3), m.NRGBAAt(0, 0))
	}
}

func TestEXIFOrientationIsAppliedOrLeft(t *testing.T) {
	// Where the first quarter's colours go: the stored picture's corners, as the EXIF standard
	// turns them.
	shown := map[uint16][4]int{
		1: {0, 1, 2, 3}, 2: {1, 0, 3, 2}, 3: {3, 2, 1, 0}, 4: {2, 3, 0, 1},
		5: {0, 2, 1, 3}, 6: {2, 0, 3, 1}, 7: {3, 1, 2, 0}, 8: {1, 3, 0, 2},
	}
	stored := quarters()
	for o, corners := range shown {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			w, h := 32, 24
			if o >= 5 {
				w, h = h, w
			}
			want := image.NewNRGBA(image.Rect(0, 0, w, h))
			for y := range h {
				for x := range w {
					from := corners[x/(w/2)+y/(h/2)*2]
					want.SetNRGBA(x, y, stored.NRGBAAt(from%2*31, from/2*23))
				}
			}
			file := filepath.Join(t.TempDir(), "x.jpg")
			if err := os.WriteFile(file, datatest.JPEG(t, stored, o, order), 0o666); err != nil {
				t.Fatal(err)
			}
			img, err := Load(file, true)
			if err != nil {
				t.Fatal(err)
			}
			wantQuarters(t, img, want, 6)
			if gw, gh, err := Size(file, true); err != nil || gw != w || gh != h {
				t.Errorf("orientation %d: size %dx%d, %v, want %dx%d", o, gw, gh, err, w, h)
			}
			if img, err = Load(file, false); err != nil {
				t.Fatal(err)
			}
			wantQuarters(t, img, stored, 6)
			if gw, gh, err := Size(file, false); err != nil || gw != 32 || gh != 24 {
				t.Errorf("orientation %d: stored size %dx%d, %v", o, gw, gh, err)
			}
		}
	}
	if o := jpegOrientation(inMemory(datatest.JPEG(t, stored, 9, binary.LittleEndian))); o != 0 {
		t.Errorf("value 9 gave %d, want none", o)
	}
}

// pngHeader claims w x h pixels and has no more.
func pngHeader(w, h uint32) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	chunk = append(binary.BigEndian.AppendUint32(chunk, h), 8, 2, 0, 0, 0)
	raw := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(raw, crc32.ChecksumIEEE(chunk))
}

func TestBrokenImagesAreErrors(t *testing.T) {
	whole := datatest.JPEG(t, quarters(), 0, nil)
	for name, tc := range map[string]struct {
		raw  []byte
		want string
	}{
		"empty": {nil, "want JPEG, PNG, GIF, BMP, TIFF or WebP"},
		"text": {
			[]byte("not an image, whatever its name"), "want JPEG, PNG, GIF, BMP, TIFF or WebP",
		},
		"truncated head": {whole[:30], "file is truncated"},
		"truncated":      {whole[:len(whole)-40], "file is truncated"},
		"bomb":           {pngHeader(40000, 40000), "size 40000x40000 is more than 100000000 pixels"},
		"one side":       {pngHeader(1<<31-1, 1<<31-1), "dimension overflow"},
		"only a header":  {pngHeader(20, 20), "file is truncated"},
	} {
		if _, err := inMemory(tc.raw).decode(true); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want …%s…", name, err, tc.want)
		}
	}
	dir := t.TempDir()
	if _, err := Load(dir, true); err == nil || !strings.Contains(err.Error(), "is a folder, not a file") {
		t.Errorf("folder: got %v", err)
	}
	missing := filepath.Join(dir, "missing.jpg")
	if _, err := Load(missing, true); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("missing: got %v", err)
	}
	file := filepath.Join(datatest.Shared(t), "data", "samples", "truncated.jpg")
	if _, err := Load(file, true); err == nil ||
		!strings.Contains(err.Error(), "decoding "+file+": file is truncated") {
		t.Errorf("truncated.jpg: got %v", err)
	}
}

func TestPanicOfADecoderIsAnError(t *testing.T) {
	before := formats
	defer func() { formats = before }()
	formats = append(slices.Clone(formats), format{
		name: "crash", magics: []string{"ACOLCRASH"},
		need:   needBMP,
		config: func(*source) (image.Config, error) { return image.Config{Width: 2, Height: 2}, nil },
		decode: func(*source) (image.Image, error) { panic("index out of range") },
	})
	if _, err := inMemory([]byte("ACOLCRASH")).decode(true); err == nil ||
		!strings.Contains(err.Error(), "broken image: index out of range") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"cmyk.jpg", "progressive.jpg", "lossless.webp", "lossy.webp", "alpha.png"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "images", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(datatest.JPEG(f, quarters(), 6, binary.BigEndian))
	f.Add([]byte("II*\x00\x08\x00\x00\x00"))
	f.Add(oneColourWebP(16))
	// Package tiff has a test of its own.
	for _, form := range []string{"png", "gif", "bmp", "webp"} {
		names, err := filepath.Glob("testdata/variants/*." + form)
		if err != nil || len(names) == 0 {
			f.Fatal(names, err)
		}
		for _, name := range names {
			raw, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(raw)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := inMemory(raw)
		if in, err := s.header(); err != nil || in.Width > 1<<20/in.Height {
			return // keep the fuzzer fast
		}
		img, err := s.decode(true)
		if err != nil {
			return
		}
		b := img.Bounds()
		if w, h := s.info.Oriented(); b != image.Rect(0, 0, w, h) {
			t.Fatalf("bounds %v, want those of the header, %dx%d", b, w, h)
		}
		if _, err := Resize(img, b, 8, 8, image.Rect(0, 0, 8, 8)); err != nil {
			t.Fatal(err)
		}
	})
}
