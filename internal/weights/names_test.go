package weights

import (
	"slices"
	"testing"
)

// twoSchemes are those of two programs: one that is recognised by its names, and the rest.
var twoSchemes = []Scheme{
	{
		Name: "theirs", Title: "their names", Marks: []string{"stem.*", "!blocks.*.se"},
		Pairs: []Pair{
			{Outside: "stem.*", Acol: "features.0.*"},
			{Outside: "head.*", Acol: "branches.0.classifier.*", OutsideRank: 2, AcolRank: 4},
		},
	},
	{Name: "others", Title: "others' names"},
}

func TestCanonicalUsesTheFirstSchemeWhoseMarksAreThere(t *testing.T) {
	for _, c := range []struct {
		in     []Spec
		scheme string
		want   []Spec
	}{
		{
			[]Spec{{"module.stem.weight", []int{2, 3}}, {"module.head.weight", []int{5, 2}}, {"module.head.bias", []int{5}}}, "theirs",
			[]Spec{{"features.0.weight", []int{2, 3}}, {"branches.0.classifier.weight", []int{5, 2, 1, 1}}, {"branches.0.classifier.bias", []int{5}}},
		},
		{[]Spec{{"stem.weight", []int{2}}, {"blocks.3.se", []int{2}}}, "others", []Spec{{"stem.weight", []int{2}}, {"blocks.3.se", []int{2}}}},
		{[]Spec{{"head.weight", []int{5, 2}}}, "others", []Spec{{"head.weight", []int{5, 2}}}},
	} {
		got, names, err := Canonical(dictOf(t, c.in...), twoSchemes)
		if err != nil || names.Scheme != c.scheme {
			t.Errorf("%v: %s, error %v, want %s", c.in, names.Scheme, err, c.scheme)
			continue
		}
		assertEqual(t, got, dictOf(t, c.want...))
	}
}

func TestForeignAddsPyTorchsBatchCounters(t *testing.T) {
	d := dictOf(t, Spec{"bn1.running_mean", []int{2}}, Spec{"bn1.running_var", []int{2}})
	out, _ := Foreign(d, nil)
	if x, ok := out.Get("bn1.num_batches_tracked"); !ok || x.DType != I64 || len(x.Shape) != 0 || x.check() != nil {
		t.Errorf("%q, counter %+v", out.Names(), x)
	}
}

func TestForeignSaysWhatHasNoPlace(t *testing.T) {
	table := twoSchemes[0].Pairs
	d := dictOf(t, Spec{"features.0.weight", []int{2}}, Spec{"layer1.weight", []int{2}},
		Spec{"branches.0.classifier.weight", []int{5, 2, 1, 1}}, Spec{"branches.1.classifier.weight", []int{5, 2, 1, 1}})
	out, left := Foreign(d, table)
	if !slices.Equal(left, []string{"branches.1.classifier.weight"}) {
		t.Errorf("left %q", left)
	}
	assertEqual(t, out, dictOf(t, Spec{"stem.weight", []int{2}}, Spec{"layer1.weight", []int{2}}, Spec{"head.weight", []int{5, 2}}))
}

func TestTwoTensorsOfOneNameAreRefused(t *testing.T) {
	d := dictOf(t, Spec{"stem.weight", []int{2}}, Spec{"features.0.weight", []int{2}})
	_, _, err := Canonical(d, twoSchemes)
	if err == nil || err.Error() != "features.0.weight: two tensors of the file have this name in acol" {
		t.Errorf("error %v", err)
	}
}

func TestNamesAreToldInALine(t *testing.T) {
	n := Names{Title: "the ACoL authors' names", Prefix: "module.", Renamed: []Renaming{{"cls.0.weight", "branches.0.conv1.weight"}, {"cls.0.bias", "x"}}}
	if got, want := n.String(), "the ACoL authors' names behind module., 2 renamed (cls.0.weight is branches.0.conv1.weight)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
