package recipe

import (
	"slices"
	"testing"
)

func TestChangesNamesTheKeysThatDiffer(t *testing.T) {
	was, now := Default(), Default()
	was.Data.Classes, now.Data.Classes = nil, []string{}
	if got := Changes(was, now); len(got) != 0 {
		t.Errorf("of the same recipe: %v", got)
	}
	now.Train.BatchSize, now.Model.Branches.Deltas = 16, []float64{0.5}
	want := []Change{{"model.branches.deltas", "[0.6]", "[0.5]"}, {"train.batch_size", "32", "16"}}
	if got := Changes(was, now); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
