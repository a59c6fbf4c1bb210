package jpeg

import (
	"bytes"
	"image"
	"path/filepath"
	"strings"
	"testing"
)

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(files) == 0 {
		f.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		f.Add(read(f, filepath.Base(file)))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := DecodeConfig(bytes.NewReader(raw))
		if err != nil || c.Width*c.Height > 1<<18 {
			return // keep the fuzzer fast
		}
		img, err := Decode(raw)
		fuzzStream(t, raw, err == nil)
		if err != nil {
			return
		}
		if b := img.Bounds(); b != image.Rect(0, 0, c.Width, c.Height) {
			t.Fatalf("bounds %v, want %dx%d", b, c.Width, c.Height)
		}
	})
}

// fuzzStream resizes a file in all scales. In full size it must be read as Decode reads it.
func fuzzStream(t *testing.T, raw []byte, decodes bool) {
	s, err := NewStream(raw)
	if s == nil || err != nil {
		return
	}
	for scale := 1; scale <= 8; scale *= 2 {
		nearest := func(pixels int) Axis {
			pixels = (pixels + scale - 1) / scale
			a := Axis{N: 5, Most: 2}
			for i := range a.N {
				a.Results = append(a.Results, int32(i*(pixels-1)/a.N), 1, 1<<22, 0)
			}
			return a
		}
		_, err := s.Resize(scale, nearest(s.Width), nearest(s.Height))
		if scale == 1 && decodes != (err == nil) {
			t.Fatalf("decoded as a whole: %v, in strips: %v", decodes, err)
		}
	}
}

// blend has n results over a side of so many pixels, of one to four weights each.
func blend(n, pixels int) Axis {
	weights := [][]int32{
		{1 << 22, 0, 0, 0}, {3 << 20, 1 << 20, 0, 0}, {1 << 20, 1 << 21, 1 << 20, 0},
		{1 << 19, 1 << 21, 1 << 20, 1 << 19},
	}
	a := Axis{N: n, Most: 4}
	for i := range n {
		a.Results = append(a.Results, int32(i*(pixels-4)/n), int32(1+n%4))
		a.Results = append(a.Results, weights[n%4]...)
	}
	return a
}

func TestResizingWithoutVectorCodeGivesTheSame(t *testing.T) {
	if !Streams {
		t.Skip("this build does not stream")
	}
	s, err := NewStream(read(t, "sampled_2x2_1x1_1x1.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 40; n++ {
		s.plain = false
		want, err := s.Resize(1, blend(n, s.Width), blend(41-n, s.Height))
		if err != nil {
			t.Fatal(err)
		}
		s.plain = true
		got, err := s.Resize(1, blend(n, s.Width), blend(41-n, s.Height))
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%dx%d pixels differ, %v", n, 41-n, err)
		}
	}
}

func TestResizingFromPixelsThatAreNotThereIsAnError(t *testing.T) {
	if !Streams {
		t.Skip("this build does not stream")
	}
	good := Axis{N: 2, Most: 2, Results: []int32{0, 1, 1 << 22, 0, 5, 2, 1 << 21, 1 << 21}}
	s, err := NewStream(read(t, "restarts.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Resize(1, good, good); err != nil {
		t.Fatal(err)
	}
	for name, results := range map[string][]int32{
		"before the first": {-1, 1, 1 << 22, 0, 5, 1, 1 << 22, 0},
		"behind the last":  {0, 1, 1 << 22, 0, 56, 2, 1 << 22, 0},
		"backwards":        {5, 1, 1 << 22, 0, 4, 1, 1 << 22, 0},
		"of no weight":     {0, 0, 1 << 22, 0, 4, 1, 1 << 22, 0},
		"of many weights":  {0, 3, 1 << 22, 0, 4, 1, 1 << 22, 0},
	} {
		bad := Axis{N: 2, Most: 2, Results: results}
		for _, axes := range [][2]Axis{{bad, good}, {good, bad}} {
			if _, err := s.Resize(1, axes[0], axes[1]); err == nil ||
				!strings.Contains(err.Error(), "pixels that it has not") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
