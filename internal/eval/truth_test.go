package eval

import (
	"reflect"
	"testing"

	"acol/internal/box"
	"acol/internal/data"
)

func TestTruthHasTheBoxesOfTheSamplesClassAlone(t *testing.T) {
	s := &data.Sample{
		Label: 1, Labels: []int{1, 2}, Width: 20, Height: 10,
		Boxes:     []box.Box{{X0: 0, Y0: 0, X1: 19, Y1: 9}, {X0: 4, Y0: 2, X1: 8, Y1: 6}},
		BoxLabels: []int{2, 1},
	}
	want := []box.Box{{X0: 2, Y0: 2, X1: 4, Y1: 6}}
	if got := truthOf(s, s.Label, 10); !reflect.DeepEqual(got, want) {
		t.Errorf("truth %v, want %v", got, want)
	}
	if r := newRecord(s, &outcome{}); r.Size != 12.5 {
		t.Errorf("size %g %%, want 12.5: of the largest box of the class", r.Size)
	}
}
