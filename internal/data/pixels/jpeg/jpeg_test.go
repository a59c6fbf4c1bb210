package jpeg

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"acol/internal/data/datatest"
)

// native says whether this build decodes through libjpeg-turbo.
var native = strings.HasPrefix(Library(), "libjpeg-turbo ")

// rgb gives the bytes R, G, B of an image, as PIL's convert("RGB").tobytes() does.
func rgb(img image.Image) []byte {
	b := img.Bounds()
	out := make([]byte, 0, 3*b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA)
			out = append(out, c.R, c.G, c.B)
		}
	}
	return out
}

// goldens reads the lines of a file of testdata.
func goldens(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines [][]string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, strings.Fields(s.Text()))
	}
	return lines
}

// read reads a file of testdata.
func read(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestEveryVariantHasPillowsPixels(t *testing.T) {
	for _, golden := range goldens(t, "pil.golden") {
		name, size, sum := golden[0], golden[1]+"x"+golden[2], golden[3]
		raw := read(t, name+".jpg")
		c, err := DecodeConfig(bytes.NewReader(raw))
		if err != nil || fmt.Sprintf("%dx%d", c.Width, c.Height) != size {
			t.Errorf("%s: header says %dx%d, %v, want %s", name, c.Width, c.Height, err, size)
		}
		img, err := Decode(raw)
		if !native {
			if err != nil && !strings.Contains(err.Error(), "native kernels") {
				t.Errorf("%s: %v, want what reads it", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := sha256.Sum256(rgb(img))
		if hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s: has other pixels than Pillow's", name)
		}
		if _, grey := img.(*image.Gray); grey != strings.HasPrefix(name, "grey") {
			t.Errorf("%s: is a %T", name, img)
		}
	}
}

func TestEveryPhotographHasPillowsPixels(t *testing.T) {
	if !native {
		t.Skip("image/jpeg rounds otherwise")
	}
	if testing.Short() {
		t.Skip("decodes 947 photographs")
	}
	images := filepath.Join(datatest.Shared(t), "data", "cub16", "CUB_200_2011", "images")
	for _, golden := range goldens(t, "cub16.golden") {
		t.Run(golden[0], func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(images, golden[0], "*.jpg"))
			if err != nil || fmt.Sprint(len(files)) != golden[1] {
				t.Fatalf("%d photographs, %v, want %s", len(files), err, golden[1])
			}
			all := sha256.New()
			for _, file := range files {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				img, err := Decode(raw)
				if err != nil {
					t.Fatalf("%s: %v", file, err)
				}
				all.Write(packed(img))
			}
			if got := hex.EncodeToString(all.Sum(nil)); got != golden[2] {
				t.Errorf("a photograph has other pixels than Pillow's")
			}
		})
	}
}

// packed is rgb for the types that Decode gives in native builds, without the calls a pixel.
func packed(img image.Image) []byte {
	m, ok := img.(*image.NRGBA)
	if !ok {
		return rgb(img)
	}
	out := make([]byte, 0, 3*len(m.Pix)/4)
	for i := 0; i < len(m.Pix); i += 4 {
		out = append(out, m.Pix[i:i+3]...)
	}
	return out
}

func TestVariantsOfTheFieldAreRead(t *testing.T) {
	for name, sum := range map[string]string{
		"i03_cmyk_noadobe.jpg": "d6a98ac16050bbe71371776f9cabdebbc302bd32f9c4825beef89eaf00e5eae0",
		"i04_sub_22_11_12.jpg": "ac22d38eadd7d2649193ae4e490ecfbc16f8079d5375c12f1597daaea4a7fddd",
	} {
		raw, err := os.ReadFile(
			filepath.Join(datatest.Shared(t), "data", "reports", "F05-jpeg-variants", name))
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(raw)
		if !native && strings.HasPrefix(name, "i04") {
			if err == nil || !strings.Contains(err.Error(), "2x2,1x1,1x2") {
				t.Errorf("%s: %v, want the name of the sampling", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := sha256.Sum256(rgb(img)); native && hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s: has other pixels than Pillow's", name)
		}
	}
}

func TestInksAreInvertedWhetherOrNotAdobeSaysSo(t *testing.T) {
	with, err := Decode(read(t, "cmyk_adobe.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	without, err := Decode(read(t, "cmyk_plain.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(rgb(with), rgb(without)) {
		t.Error("the mark of Adobe changes the colours")
	}
}

func TestDecodingAFileInPiecesIsTruncated(t *testing.T) {
	for _, name := range []string{"restarts.jpg", "progressive.jpg", "grey.jpg", "cmyk_adobe.jpg"} {
		raw := read(t, name)
		for n := range len(raw) - 8 {
			if n < len(raw)-200 && n%7 != 0 {
				continue
			}
			if _, err := Decode(raw[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the first %d of %d bytes of %s: %v", n, len(raw), name, err)
			}
		}
	}
}

func TestLostDataIsAnErrorThoughTheEndIsMarked(t *testing.T) {
	raw := read(t, "sampled_1x1_1x1_1x1.jpg")
	cut := append(bytes.Clone(raw[:len(raw)-200]), raw[len(raw)-2:]...)
	if _, err := Decode(cut); native && !errors.Is(err, io.ErrUnexpectedEOF) || err == nil {
		t.Errorf("200 bytes less: %v", err)
	}
	surplus := append(bytes.Clone(raw[:len(raw)-2]), "\x00\x00\x00\xff\xd9"...)
	got, err := Decode(surplus)
	if err != nil {
		t.Fatalf("surplus bytes: %v", err)
	}
	if want, err := Decode(raw); err != nil || !bytes.Equal(rgb(got), rgb(want)) {
		t.Errorf("surplus bytes change the pixels, %v", err)
	}
}

// frameAt gives the place of the byte behind a frame header's length.
func frameAt(t *testing.T, raw []byte) int {
	t.Helper()
	for _, marker := range []string{"\xff\xc0\x00", "\xff\xc1\x00", "\xff\xc2\x00"} {
		if at := bytes.Index(raw, []byte(marker)); at >= 0 {
			return at + 4
		}
	}
	t.Fatal("no frame header")
	return 0
}

func TestVariantsThatNobodyReadsAreNamed(t *testing.T) {
	for want, change := range map[string]func(raw []byte, frame int){
		"JPEG of 12 bits a sample": func(raw []byte, frame int) { raw[frame] = 12 },
		"lossless JPEG":            func(raw []byte, frame int) { raw[frame-3] = 0xc3 },
		"hierarchical JPEG":        func(raw []byte, frame int) { raw[frame-3] = 0xc5 },
		"follows its data (DNL)":   func(raw []byte, frame int) { raw[frame+1], raw[frame+2] = 0, 0 },
		"sampling factors 5x1":     func(raw []byte, frame int) { raw[frame+7] = 0x51 },
		"has the wrong length":     func(raw []byte, frame int) { raw[frame+5] = 2 },
	} {
		raw := read(t, "restarts.jpg")
		change(raw, frameAt(t, raw))
		if _, err := Decode(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
		if _, err := DecodeConfig(bytes.NewReader(raw)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("header: got %v, want …%s…", err, want)
		}
	}
}

// scans gives the places at which the scans of a file begin, and that of its end.
func scans(t *testing.T, raw []byte) []int {
	t.Helper()
	var at []int
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] == 0xff && (raw[i+1] == sos || raw[i+1] == eoi) {
			at = append(at, i)
		}
	}
	return at
}

func TestFilesThatWouldTakeLongAreRefused(t *testing.T) {
	raw := read(t, "grey_progressive.jpg")
	at := scans(t, raw)
	last := raw[at[len(at)-2]:at[len(at)-1]]
	many := append(bytes.Clone(raw[:at[len(at)-1]]), bytes.Repeat(last, 5000)...)
	many = append(many, raw[at[len(at)-1]:]...)

	few := bytes.Clone(many)
	frame := frameAt(t, few)
	binary.BigEndian.PutUint16(few[frame+1:], 9000)
	binary.BigEndian.PutUint16(few[frame+3:], 9000)
	few = few[:at[len(at)-2]+150*len(last)]

	colours := read(t, "progressive_444.jpg")
	frame = frameAt(t, colours)
	binary.BigEndian.PutUint16(colours[frame+1:], 10000)
	binary.BigEndian.PutUint16(colours[frame+3:], 9999)

	for want, raw := range map[string][]byte{
		"it was made to take long": many,
		"of 1265625: it was made":  few,
		"jpegtran":                 colours,
	} {
		begin := time.Now()
		if _, err := Decode(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want …%s…", err, want)
		}
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("%s: took %v", want, took)
		}
	}
}

func TestAFileOfManyScansIsReadWithinTheBounds(t *testing.T) {
	if !native {
		t.Skip("image/jpeg refuses scans that repeat others")
	}
	raw := read(t, "grey_progressive.jpg")
	at := scans(t, raw)
	want, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	// The first scan has the highest bits of the first coefficients: it can come again.
	first := raw[at[0]:at[1]]
	more := append(bytes.Clone(raw[:at[0]]), bytes.Repeat(first, 40)...)
	got, err := Decode(append(more, raw[at[0]:]...))
	if err != nil || !bytes.Equal(rgb(got), rgb(want)) {
		t.Errorf("40 scans more: %v", err)
	}
}

func TestDecodingDoesNotDependOnOthers(t *testing.T) {
	raw := read(t, "progressive.jpg")
	want, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for range 50 {
				broken := bytes.Clone(raw)
				broken[r.IntN(len(raw))] ^= byte(1 + r.IntN(255))
				_, _ = Decode(broken) // only must not touch other files
				got, err := Decode(raw)
				if err != nil || !bytes.Equal(rgb(got), rgb(want)) {
					t.Fatalf("%v, or other pixels", err)
				}
			}
		})
	}
}
