package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
)

// ofSeed is what a run of a seed gave on test at one threshold.
func ofSeed(seed, threshold, known string) row {
	return row{
		"data": "cub16", "network": "squeezenet 1.1", "kinds": "p", "epochs": "24", "seed": seed,
		"precision": "bf16", "split": "test", "threshold": threshold, "fraction": "0.3",
		"gt_known": known, "top1_loc": "40",
	}
}

func TestTheTableHasMeansOverSeedsForEachWay(t *testing.T) {
	var rows []row
	for _, seed := range []string{"1", "2"} {
		for _, way := range ways {
			rows = append(rows, ofSeed(seed, string(way), "5"+seed))
		}
		val := ofSeed(seed, "0.2", "99")
		val["split"] = "val"
		rows = append(rows, val)
	}
	other := ofSeed("1", "0.2", "70")
	other["kinds"] = "pp"
	var out strings.Builder
	if err := printTable(&out, append(rows, other)); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	want := "| cub16 | squeezenet 1.1 | `p` | 2 | 0.3, 0.3 |" + strings.Repeat(" 51.5 |", len(ways)) + strings.Repeat(" 40.0 |", len(ways))
	if len(lines) != 4 || lines[2] != want {
		t.Errorf("got\n%s\nwant as its third line\n%s", out.String(), want)
	}
}

func TestARunThatIsMeasuredAgainReplacesItsRows(t *testing.T) {
	name := filepath.Join(t.TempDir(), "rows.csv")
	if rows, err := readRows(name); err != nil || rows != nil {
		t.Errorf("a missing file gives %v, %v", rows, err)
	}
	first, second := ofSeed("1", "0.2", "50"), ofSeed("2", "0.2", "60")
	if err := writeRows(name, []row{first, second}); err != nil {
		t.Fatal(err)
	}
	rows, err := readRows(name)
	if err != nil {
		t.Fatal(err)
	}
	rows = without(rows, ofSeed("1", "auto", "0"))
	if len(rows) != 1 {
		t.Fatalf("%d rows, want those of the other seed alone", len(rows))
	}
	maps.DeleteFunc(rows[0], func(_, v string) bool { return v == "" })
	if !maps.Equal(rows[0], second) {
		t.Errorf("read %v, wrote %v", rows[0], second)
	}
	if err := os.WriteFile(name, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRows(name); err == nil {
		t.Error("a file of other columns was read")
	}
}

// An object of 4x4 pixels in a faint surround: what is low takes both, what is high the object.
func TestAnImageIsCutInEachWay(t *testing.T) {
	score := cam.New(10, 10)
	for i := range score.V {
		x, y := i%10, i/10
		switch {
		case x >= 3 && x < 7 && y >= 3 && y < 7:
			score.V[i] = 1
		case x > 0 && y > 0:
			score.V[i] = 0.3
		}
	}
	s := &data.Sample{
		ID: "a", Width: 10, Height: 10, Boxes: []box.Box{{X0: 3, Y0: 3, X1: 6, Y1: 6}},
	}
	im, err := look(score, s, "0.25")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"0.2": false, "auto": false, "otsu": true, "energy": false, "mean": true}
	for k, way := range ways {
		if im.right[k] != want[string(way)] {
			t.Errorf("%s: right is %v, want %v", way, im.right[k], want[string(way)])
		}
	}
}
