package viz

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWritePNGReplacesAndRoundTrips(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b.png")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	img := plain(3, 2, color.NRGBA{10, 20, 30, 255})
	img.SetNRGBA(2, 1, color.NRGBA{200, 100, 50, 255})
	for _, level := range []png.CompressionLevel{png.DefaultCompression, png.BestSpeed} {
		if err := WritePNG(path, img, level); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for y := range 2 {
			for x := range 3 {
				if c := color.NRGBAModel.Convert(got.At(x, y)); c != img.NRGBAAt(x, y) {
					t.Errorf("pixel (%d,%d) is %v, want %v", x, y, c, img.NRGBAAt(x, y))
				}
			}
		}
	}
	wantOnly(t, filepath.Dir(path), "a b.png")
}

// wantOnly checks that a folder holds these files and no leftovers.
func wantOnly(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, "|") != strings.Join(names, "|") {
		t.Errorf("the folder holds %q, want %q", got, names)
	}
}

func TestWritePNGThatFailsLeavesThingsAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "old.png")
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken.png")
	if err := os.Mkdir(taken, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		img  image.Image
		want string
	}{
		"nil picture":    {old, nil, "writing " + old + ": the picture is empty"},
		"empty picture":  {old, &image.Gray{}, "writing " + old + ": the picture is empty"},
		"a folder there": {taken, plain(1, 1, white), "writing " + taken + ": "},
		"no such folder": {
			filepath.Join(dir, "none", "a.png"), plain(1, 1, white), "no such file or directory",
		},
	} {
		err := WritePNG(c.path, c.img, png.BestSpeed)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, c.want)
		}
	}
	if raw, err := os.ReadFile(old); err != nil || string(raw) != "old" {
		t.Errorf("the old file is %q, %v", raw, err)
	}
	wantOnly(t, dir, "old.png", "taken.png")
}
