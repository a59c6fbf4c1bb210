package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maskRuns writes a mask as testdata/masks/generate.py does.
func maskRuns(object, ignore []bool) string {
	value := func(i int) int {
		switch {
		case object[i]:
			return 1
		case ignore[i]:
			return 2
		}
		return 0
	}
	var runs []string
	for i := 0; i < len(object); {
		n := 1
		for i+n < len(object) && value(i+n) == value(i) {
			n++
		}
		runs = append(runs, fmt.Sprintf("%d*%d", value(i), n))
		i += n
	}
	return strings.Join(runs, ",")
}

func TestMasksEqualOpenCVs(t *testing.T) {
	golden, err := os.ReadFile("testdata/masks/masks.golden")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(golden)) {
		f := strings.Fields(line)
		if f[0] == "nearest" {
			sum := sha256.New()
			for n := 1; n < 1500; n++ {
				fmt.Fprintln(sum, strings.ReplaceAll(strings.Trim(fmt.Sprint(nearestIndices(n, 224)), "[]"), " ", ","))
			}
			if got := hex.EncodeToString(sum.Sum(nil)[:8]); got != f[1] {
				t.Errorf("indices of INTER_NEAREST: digest %s, want %s", got, f[1])
			}
			continue
		}
		var side int
		if _, err := fmt.Sscan(f[0], &side); err != nil {
			t.Fatal(err)
		}
		var s Sample
		for name := range strings.SplitSeq(f[1], "+") {
			s.Masks = append(s.Masks, filepath.Join("testdata/masks", name))
		}
		if f[2] != "-" {
			s.Ignore = filepath.Join("testdata/masks", f[2])
		}
		object, ignore, err := s.Mask(side)
		if err != nil {
			t.Fatal(err)
		}
		if got := maskRuns(object, ignore); got != f[3] {
			t.Errorf("%s and %s at %d:\n got %s\nwant %s", f[1], f[2], side, got, f[3])
		}
	}
}

func TestMaskLinesOfOpenImages(t *testing.T) {
	dir := t.TempDir()
	cfg := wsolSet(t, dir)
	put(t, dir, map[string]string{"meta/val/localization.txt": "val/9.jpg,val/9_a.png,val/9_ignore.png\nval/9.jpg,val/9_b.png,\n"})
	for _, masks := range []string{"", filepath.Join(dir, "masks")} {
		cfg.Masks = masks
		s, err := Open(cfg, "val")
		if err != nil {
			t.Fatal(err)
		}
		root := masks
		if root == "" {
			root = cfg.Root
		}
		at := func(name string) string { return filepath.Join(root, "val", name) }
		got := s.Samples[0]
		if fmt.Sprint(got.Masks) != fmt.Sprint([]string{at("9_a.png"), at("9_b.png")}) || got.Ignore != at("9_ignore.png") || !s.HasMasks || s.HasBoxes {
			t.Errorf("masks below %q: %+v, masks %v, boxes %v", masks, got, s.HasMasks, s.HasBoxes)
		}
	}
}

func TestABrokenMaskIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.png")
	if err := os.WriteFile(path, []byte("no image"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, s := range []Sample{{Masks: []string{path}}, {Masks: []string{"testdata/masks/bits.png"}, Ignore: path}, {Masks: []string{"gone.png"}}} {
		if _, _, err := s.Mask(8); err == nil || !strings.Contains(err.Error(), ".png") || !strings.Contains(err.Error(), "reading mask") {
			t.Errorf("%v: error %v", s, err)
		}
	}
	if object, _, err := new(Sample).Mask(8); object != nil || err != nil {
		t.Errorf("a mask of none: %v, %v", object, err)
	}
}

func TestMetadataAloneNeedNoImages(t *testing.T) {
	dir := t.TempDir()
	wsolSet(t, dir)
	for _, at := range []string{"meta", "meta/val"} {
		s, err := OpenMetadata(filepath.Join(dir, at), "val", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Samples[0]; len(s.Samples) != 1 || got.Path != "" || got.Width != 50 || len(got.Boxes) != 2 || got.Label != 1 {
			t.Errorf("%s: %+v", at, s.Samples)
		}
	}
	// Labels and boxes are optional; a box without a size is not.
	put(t, dir, map[string]string{"bare/val/image_ids.txt": "a.jpg\n"})
	s, err := OpenMetadata(filepath.Join(dir, "bare"), "val", "")
	if err != nil || s.HasBoxes || s.Samples[0].Label != -1 {
		t.Errorf("bare metadata: %+v, %v", s, err)
	}
	put(t, dir, map[string]string{"bare/val/localization.txt": "a.jpg,1,2,3,4\n"})
	if _, err := OpenMetadata(filepath.Join(dir, "bare"), "val", ""); err == nil || !strings.Contains(err.Error(), `no size for image id "a.jpg"`) {
		t.Errorf("error %v", err)
	}
}
