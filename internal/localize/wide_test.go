package localize

import (
	"testing"

	"acol/internal/cam"
	"acol/internal/data/pixels"
)

// mapOf has the values of rows of a map of the network's input, in a picture of which the input is
// the middle square, cut at a threshold.
func mapOf(t *testing.T, threshold float64, rows ...[]float64) (*Result, *ClassMap) {
	t.Helper()
	n := len(rows)
	m := &ClassMap{Score: cam.New(n, n), Threshold: threshold}
	for y, row := range rows {
		copy(m.Score.V[y*n:], row)
	}
	g := pixels.Geometry{Width: 80, Height: 40, ResizedW: 2 * n, ResizedH: n, CropX: n / 2, Size: n}
	var err error
	m.Boxes, err = Cut(m.Score, g, threshold, true)
	check(t, err)
	return &Result{Geometry: g, Names: []string{"cat"}, Logits: []float32{1}, Probabilities: []float64{1}, Maps: []*ClassMap{m}}, m
}

func TestAWideBoxIsToldWithWhatToTry(t *testing.T) {
	for _, c := range []struct {
		name      string
		threshold float64
		rows      [][]float64
		note      string
	}{
		{"high nearly everywhere", 0.2, [][]float64{
			{0.3, 0.3, 0.3, 0.3}, {0.3, 1, 1, 0.3}, {0.3, 1, 1, 0.3}, {0.3, 0.3, 0.3, 0},
		}, "cat: the box is nearly the whole picture: 94 % of the map is above 0.2 of its maximum; try --threshold 0.65"},
		{"Otsu's threshold is no higher", 0.7, [][]float64{
			{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 0},
		}, "cat: the box is nearly the whole picture: 94 % of the map is above 0.7 of its maximum; the model tells little apart here: more training, or more images, may help"},
		{"a ring that leaves most of the map", 0.2, [][]float64{
			{0, 0, 1, 0}, {0, 0, 1, 0}, {1, 1, 1, 1}, {0, 0, 1, 0},
		}, ""},
		{"half of the picture", 0.2, [][]float64{
			{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}, {0, 0, 0, 0},
		}, ""},
		{"no box", 0.2, [][]float64{{}, {}, {}, {}}, ""},
	} {
		r, m := mapOf(t, c.threshold, c.rows...)
		notes := r.Summary().Notes
		if c.name == "no box" {
			notes = nil
		}
		got := ""
		if len(notes) == 1 {
			got = notes[0]
		}
		if got != c.note || r.Wide(m) != (c.note != "") || len(notes) > 1 {
			t.Errorf("%s: %q, want %q", c.name, notes, c.note)
		}
	}
}
