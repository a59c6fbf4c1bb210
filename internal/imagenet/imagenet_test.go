package imagenet

import (
	"slices"
	"testing"
)

func TestTheThousandClassesHaveTheirLabels(t *testing.T) {
	names, synsets := Names(), table().synsets
	if len(names) != 1000 || len(synsets) != 1000 || !slices.IsSorted(synsets) {
		t.Fatalf("%d names, %d synsets", len(names), len(synsets))
	}
	seen := map[string]bool{}
	for i, n := range names {
		if n == "" || seen[n] {
			t.Errorf("label %d has the name %q", i, n)
		}
		seen[n] = true
	}
	// Labels that every table of ImageNet agrees on.
	for label, want := range map[int][2]string{
		0: {"n01440764", "tench"}, 14: {"n01537544", "indigo bunting"},
		134: {"n02012849", "crane bird"}, 207: {"n02099601", "golden retriever"},
		517: {"n03126707", "crane"}, 639: {"n03710721", "maillot tank suit"},
		999: {"n15075141", "toilet tissue"},
	} {
		if got := [2]string{synsets[label], names[label]}; got != want {
			t.Errorf("label %d is %v, want %v", label, got, want)
		}
		if got, ok := Label(want[0]); !ok || got != label {
			t.Errorf("%s has label %d, want %d", want[0], got, label)
		}
	}
	if _, ok := Label("n00000000"); ok {
		t.Error("a synset that is no class has a label")
	}
	if !Are(names) || Are(names[1:]) || Are(append(names[1:], names[0])) {
		t.Error("Are takes other lists, or not its own")
	}
}
