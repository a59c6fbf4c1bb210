package data

import (
	"slices"
	"testing"

	"acol/internal/box"
)

func TestASplitTakesTheClassesOfAModel(t *testing.T) {
	a, b := box.Box{X1: 1, Y1: 1}, box.Box{X1: 2, Y1: 2}
	s := &Split{Classes: []string{"cat", "none", "ant"}, Samples: []Sample{
		{ID: "1", Label: 0, Labels: []int{0, 2}, Boxes: []box.Box{a, b}, BoxLabels: []int{0, 2}},
		{ID: "2", Label: 2, Labels: []int{2}, Boxes: []box.Box{a}},
	}}
	if got := s.Seen(); !slices.Equal(got, []bool{true, false, true}) {
		t.Fatalf("labels that images have: %v", got)
	}
	s.Relabel([]int{3, -1, 1}, []string{"", "ant", "", "cat"})
	one, two := s.Samples[0], s.Samples[1]
	if one.Label != 1 || !slices.Equal(one.Labels, []int{1, 3}) || two.Label != 1 ||
		!slices.Equal(two.Labels, []int{1}) {
		t.Errorf("labels %d of %v and %d of %v", one.Label, one.Labels, two.Label, two.Labels)
	}
	if !slices.Equal(one.BoxesOf(3), []box.Box{a}) || !slices.Equal(one.BoxesOf(1), []box.Box{b}) ||
		!slices.Equal(two.BoxesOf(1), []box.Box{a}) {
		t.Errorf(
			"boxes of cat %v, of ant %v and %v",
			one.BoxesOf(3),
			one.BoxesOf(1),
			two.BoxesOf(1),
		)
	}
	if len(s.Classes) != 4 {
		t.Errorf("classes %q", s.Classes)
	}
}
