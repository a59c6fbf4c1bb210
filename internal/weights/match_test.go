package weights

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func dictOf(t *testing.T, specs ...Spec) *StateDict {
	t.Helper()
	d := NewStateDict()
	for _, s := range specs {
		n := 1
		for _, k := range s.Shape {
			n *= k
		}
		x, err := FromFloat32s(s.Shape, make([]float32, n))
		if err != nil {
			t.Fatal(err)
		}
		d.Set(s.Name, x)
	}
	return d
}

func TestMatchReturnsTheModelsOrder(t *testing.T) {
	a, b := Spec{"a", []int{2}}, Spec{"b", []int{1, 3}}
	got, report, err := Match([]Spec{a, b}, dictOf(t, b, a), DropRule{})
	if err != nil {
		t.Fatal(err)
	}
	if names := got.Names(); !slices.Equal(names, []string{"a", "b"}) || len(report.Dropped)+len(report.Missing) != 0 {
		t.Errorf("got %v, %+v", names, report)
	}
}

func TestMatchDropsOnlyWhatTheRuleLists(t *testing.T) {
	want := []Spec{{"features.0.weight", []int{4}}, {"bn.num_batches_tracked", nil}, {"branches.0.bias", []int{2}}}
	have := dictOf(t, Spec{"fc.weight", []int{3}}, Spec{"features.0.weight", []int{4}}, Spec{"fc.bias", []int{1}})
	rule := DropRule{Unexpected: []string{"classifier.*", "fc.*"}, Missing: []string{"branches.*", "*.num_batches_tracked"}}
	got, report, err := Match(want, have, rule)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Names(), []string{"features.0.weight"}) || !slices.Equal(report.Dropped, []string{"fc.weight", "fc.bias"}) ||
		!slices.Equal(report.Missing, []string{"bn.num_batches_tracked", "branches.0.bias"}) {
		t.Errorf("got %v, %+v", got.Names(), report)
	}
}

func TestPatternsMatchWholeNames(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"fc", "fc", true}, {"fc", "fc.weight", false}, {"fc.*", "fc.weight", true}, {"fc.*", "fcn.weight", false}, {"fc.*", "a.fc.weight", false},
		{"*.bias", "a.bias", true}, {"*.bias", ".bias", true}, {"a*a", "a", false}, {"*", "x", true}, {"", "x", false},
	} {
		if got := anyMatch([]string{c.pattern}, c.name); got != c.want {
			t.Errorf("%q on %q: got %v", c.pattern, c.name, got)
		}
	}
}

func TestMatchErrorListsEveryKind(t *testing.T) {
	want := []Spec{{"conv1.weight", []int{64, 3, 3, 3}}, {"gone", []int{1}}}
	have := dictOf(t, Spec{"conv1.weight", []int{64, 3, 7, 7}})
	for i := range 20 {
		have.Set(fmt.Sprintf("fc%d", i), Tensor{DType: F32, Shape: []int{0}})
	}
	_, _, err := Match(want, have, DropRule{Unexpected: []string{"classifier.*"}})
	if err == nil {
		t.Fatal("no error")
	}
	const text = `tensors do not fit the model
  missing (1): gone
  unexpected (20): fc0, fc1, fc2, fc3, fc4, fc5, fc6, fc7 and 12 more
  wrong shape (1): conv1.weight: got shape (64,3,7,7), want (64,3,3,3)`
	if err.Error() != text {
		t.Errorf("got\n%s\nwant\n%s", err, text)
	}
}

func TestNamesFromAFileDoNotReachTheTerminalAsTheyAre(t *testing.T) {
	have := NewStateDict()
	have.Set("\x1b[2J", Tensor{})
	if got := errorOf(nil, have); !strings.HasSuffix(got, `unexpected (1): \x1b[2J`) {
		t.Errorf("got %q", got)
	}
}

func TestScalarAndOneElementAreOtherShapes(t *testing.T) {
	if errorOf([]Spec{{"n", nil}}, dictOf(t, Spec{"n", []int{1}})) == "" {
		t.Error("shape (1) passes for ()")
	}
}

func errorOf(want []Spec, have *StateDict) string {
	if _, _, err := Match(want, have, DropRule{}); err != nil {
		return err.Error()
	}
	return ""
}
