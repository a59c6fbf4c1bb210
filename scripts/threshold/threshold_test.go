package main

import (
	"maps"
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
		"precision": "bf16", "split": "test", "threshold": threshold, "cut": "0.3",
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
	first, second := ofSeed("1", "0.2", "50"), ofSeed("2", "0.2", "60")
	left := without([]row{first, second}, ofSeed("1", "auto", "0"))
	if len(left) != 1 || !maps.Equal(left[0], second) {
		t.Errorf("left are %v, want those of the other seed alone", left)
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
	im, chosen := newImage(score, s), choice{"mean", "0.25"}
	want := map[string]bool{
		"0.2": false, "best on val": false, "auto": true, "mean": true, "otsu": true, "energy": false,
	}
	for _, way := range ways {
		got, err := im.right(chosen.of(way))
		if err != nil || got != want[string(way)] {
			t.Errorf("%s: right is %v, %v; want %v", way, got, err, want[string(way)])
		}
	}
}
