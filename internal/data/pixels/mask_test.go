package pixels

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
		var files []string
		for name := range strings.SplitSeq(f[1], "+") {
			files = append(files, filepath.Join("testdata/masks", name))
		}
		out := ""
		if f[2] != "-" {
			out = filepath.Join("testdata/masks", f[2])
		}
		object, ignore, err := Masks(files, out, side)
		if err != nil {
			t.Fatal(err)
		}
		if got := maskRuns(object, ignore); got != f[3] {
			t.Errorf("%s and %s at %d:\n got %s\nwant %s", f[1], f[2], side, got, f[3])
		}
	}
}

func TestABrokenMaskIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.png")
	if err := os.WriteFile(path, []byte("no image"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		masks  []string
		ignore string
	}{{masks: []string{path}}, {[]string{"testdata/masks/bits.png"}, path}, {masks: []string{"gone.png"}}} {
		if _, _, err := Masks(s.masks, s.ignore, 8); err == nil ||
			!strings.Contains(err.Error(), ".png") ||
			!strings.Contains(err.Error(), "reading mask") {
			t.Errorf("%v: error %v", s, err)
		}
	}
	if object, _, err := Masks(nil, "", 8); object != nil || err != nil {
		t.Errorf("a mask of none: %v, %v", object, err)
	}
}
