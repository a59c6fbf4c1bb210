package suite_test

import (
	"fmt"
	"strings"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/kerneltest"
	"acol/internal/kernel/portable"
	"acol/internal/kernel/suite"
)

// sums are three cases of one kind.
func sums(t *testing.T) []suite.Check {
	t.Helper()
	var list []suite.Check
	for _, c := range suite.Checks() {
		if add, ok := c.Case.(kernel.Add); ok && add.Shape.Size() > 100 {
			list = append(list, c)
		}
	}
	if len(list) < 3 {
		t.Fatalf("%d cases", len(list))
	}
	return list[:3]
}

func TestChecksTogetherHoldOfTheReferenceOfAllBackends(t *testing.T) {
	w := kerneltest.NewWhole(t, portable.New(1))
	checks := suite.ChecksFor(w)
	done, of := 0, 0
	errs, err := suite.Together(t.Context(), w, checks, func(d, n int) { done, of = d, n })
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range checks {
		if errs[i] != nil {
			t.Errorf("%s: %v", c.Name, errs[i])
		}
	}
	if done != of {
		t.Errorf("told of %d of %d Specs", done, of)
	}
	for s, n := range w.Programs {
		if n != 1 {
			t.Errorf("%T%+v is in %d programs", s, s, n)
		}
	}
	if least := len(w.Programs) / 48; w.Compiled > 2*least {
		t.Errorf("%d Specs in %d programs", len(w.Programs), w.Compiled)
	}
}

func TestChecksTogetherNameWhatDoesNotHold(t *testing.T) {
	cases := sums(t)
	var checks []suite.Check
	for _, c := range suite.Checks() {
		if c.Case != nil && kernel.FLOPs(c.Case) == 0 { // which are computed at once
			checks = append(checks, c)
		}
	}
	w := kerneltest.NewWhole(t, portable.New(1))
	w.Refused, w.Wrong, w.Unsteady = cases[0].Case, cases[1].Case, cases[2].Case
	errs, err := suite.Together(t.Context(), w, checks, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		cases[0].Name: "no such computation here", cases[1].Name: "element 0 of ",
		cases[2].Name: "a second run gave other bits",
	}
	for i, c := range checks {
		got := fmt.Sprint(errs[i])
		if part, bad := want[c.Name]; bad != (errs[i] != nil) || !strings.Contains(got, part) {
			t.Errorf("%s: %s", c.Name, got)
		}
	}
}

func TestASurveyNamesWhatDoesNotHold(t *testing.T) {
	w, kinds := kerneltest.NewWhole(t, portable.New(1)), 0
	w.Wrong, w.Refused = sums(t)[0].Case, kernel.GlobalAvgPool{X: kernel.Shape4{2, 3, 5, 7}}
	err := suite.Survey(t.Context(), w, func(_, _ int, s suite.Surveyed) {
		kinds++
		bad := map[string]kernel.Spec{"Add": w.Wrong, "GlobalAvgPool": w.Refused}[s.Kind]
		refused := bad != nil && bad == w.Refused
		if s.OK() != (bad == nil) || s.Cases < 1 || (s.Err != nil) != refused {
			t.Errorf("%+v", s)
		}
		if bad != nil && s.Worst != fmt.Sprintf("%+v", bad) {
			t.Errorf("%+v, want %+v", s, bad)
		}
	})
	if want := len(kernel.All()); err != nil || kinds != want {
		t.Errorf("%d kinds, want %d: %v", kinds, want, err)
	}
}
