package scoremap_test

import (
	"encoding/json"
	"math"
	"testing"

	"acol/internal/cam"
	"acol/internal/scoremap"
	"acol/internal/section"
)

func TestAutoTakesWhatValChoseAndARuleOtherwise(t *testing.T) {
	// A map whose values rise from 0 to 1 in eighths, most of them low.
	score := cam.Map{H: 1, W: 9, V: []float64{0, 0, 0, 0, 0.125, 0.25, 0.5, 0.75, 1}}
	for _, c := range []struct {
		key  section.Threshold
		kept section.Threshold
		from scoremap.Chooser
		at   float64
		json string
		text string
	}{
		{"auto", "0.35", scoremap.Val, 0.35, "0.35", "0.35 of the maximum"},
		{"auto", "", scoremap.NoVal, 2.625 / 9, `"mean"`, "the mean of each map"},
		{"auto", "otsu", scoremap.Val, 96.0 / 256, `"otsu"`, "Otsu's threshold of each map"},
		{"0.2", "0.35", scoremap.Stated, 0.2, "0.2", "0.2 of the maximum"},
		{"otsu", "0.35", scoremap.Stated, 96.0 / 256, `"otsu"`, "Otsu's threshold of each map"},
		{"mean", "0.35", scoremap.Stated, 2.625 / 9, `"mean"`, "the mean of each map"},
		{"raised-mean", "0.35", scoremap.Stated, 1.25 * 2.625 / 9, `"raised-mean"`, "1.25 times the mean of each map"},
		{"energy", "", scoremap.Stated, 192.0 / 256, `"energy"`, "the level of each map with 60 % of its sum above"},
	} {
		got := scoremap.Resolve(c.key, c.kept, "mean")
		if at := got.Of(score); math.Abs(at-c.at) > 1e-12 || got.From != c.from || got.String() != c.text {
			t.Errorf("%s: %s (%s), cut at %g; want %s (%s), %g", c.key, got, got.From, at, c.text, c.from, c.at)
		}
		text, err := json.Marshal(got)
		if err != nil || string(text) != c.json {
			t.Errorf("%s: %s, %v; want %s", c.key, text, err, c.json)
		}
		back := scoremap.Threshold{From: c.from}
		if err := json.Unmarshal(text, &back); err != nil || back != got {
			t.Errorf("%s: read back as %+v, %v; want %+v", c.key, back, err, got)
		}
	}
}
