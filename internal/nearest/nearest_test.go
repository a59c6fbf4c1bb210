package nearest

import (
	"strings"
	"testing"
)

func TestDistanceCountsEdits(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"same", "same", 0}, {"delta", "deltas", 1}, {"modle", "model", 1},
		{"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"batchsize", "batch_size", 1},
		{strings.Repeat("x", 1<<20), "y", 100},
	} {
		if got := Distance(tc.a, tc.b); got != tc.want {
			t.Errorf("Distance(%.20q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := Distance(tc.b, tc.a); got != tc.want {
			t.Errorf("Distance(%q, %.20q) = %d, want %d", tc.b, tc.a, got, tc.want)
		}
	}
}

func TestNameIgnoresCaseAndTakesTheFirstOfEquals(t *testing.T) {
	for _, tc := range []struct {
		name       string
		candidates []string
		want       string
	}{
		{"x", nil, ""},
		{"", []string{"ab", "a"}, "a"},
		{"CARDNAL", []string{"Bunting", "Cardinal"}, "Cardinal"},
		{"at", []string{"cat", "bat"}, "cat"},
		{"tpo", []string{"tap", "top"}, "top"},
	} {
		if got := Name(tc.name, tc.candidates); got != tc.want {
			t.Errorf("Name(%q, %q) = %q, want %q", tc.name, tc.candidates, got, tc.want)
		}
	}
}

func TestMeantIsNearOrNothing(t *testing.T) {
	names := []string{"train", "eval", "localize", "resnet18", "resnet50", "Cardinal"}
	for name, want := range map[string]string{
		"trian": "train", "EVAL": "eval", "evl": "eval", "loc": "localize", "lo": "",
		"resnet": "resnet18", "resnet5O": "resnet50", "cardinla": "Cardinal", "zebra": "",
		"": "", "x": "", "localise": "localize",
	} {
		if got := Meant(name, names); got != want {
			t.Errorf("Meant(%q) = %q, want %q", name, got, want)
		}
	}
	if got := Meant("x", nil); got != "" {
		t.Errorf("of nothing %q is meant", got)
	}
}
