package data

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/internal/data/datatest"
)

// flatFolders makes a folder of n images for each class, without splits.
func flatFolders(t *testing.T, counts map[string]int) Config {
	t.Helper()
	files := map[string]string{}
	for class, n := range counts {
		for i := range n {
			files[fmt.Sprintf("%s/%03d.jpg", class, i)] = "x"
		}
	}
	dir := t.TempDir()
	datatest.Put(t, dir, files)
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Train = "folder", dir, "."
	cfg.ValShare, cfg.TestShare = 0.2, 0.2
	return cfg
}

func idsOf(t *testing.T, cfg Config, split string) []string {
	t.Helper()
	s, err := Open(cfg, split)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != split {
		t.Errorf("split %s is called %s", split, s.Name)
	}
	var ids []string
	for _, x := range s.Samples {
		ids = append(ids, x.ID)
	}
	return ids
}

func TestSharesDivideEachClass(t *testing.T) {
	cfg := flatFolders(t, map[string]int{"a": 20, "b": 5, "c": 3, "d": 2, "e": 1})
	want := map[string]map[string]int{
		"train": {"a": 12, "b": 3, "c": 1, "d": 1, "e": 1},
		"val":   {"a": 4, "b": 1, "c": 1},
		"test":  {"a": 4, "b": 1, "c": 1, "d": 1},
	}
	seen := map[string]string{}
	for _, split := range splitNames {
		ids, got := idsOf(t, cfg, split), map[string]int{}
		if !slices.IsSorted(ids) {
			t.Errorf("%s is not in the order of the whole: %v", split, ids)
		}
		for _, id := range ids {
			got[id[:1]]++
			if other := seen[id]; other != "" {
				t.Errorf("%s is in %s and %s", id, other, split)
			}
			seen[id] = split
		}
		if diff := cmp.Diff(want[split], got); diff != "" {
			t.Errorf("%s: %s", split, diff)
		}
	}
	if len(seen) != 31 {
		t.Errorf("%d images are in some split, want 31", len(seen))
	}
	names, err := cfg.Named(nil)
	if err != nil || !slices.Equal(names, splitNames) {
		t.Errorf("splits %v, %v", names, err)
	}
}

func TestSharesDependOnTheirSeedAlone(t *testing.T) {
	cfg := flatFolders(t, map[string]int{"a": 20, "b": 20})
	test := idsOf(t, cfg, "test")
	// The draw is part of what a seed means: a later build must not move images from test to train.
	want := []string{"a/010.jpg", "a/011.jpg", "a/012.jpg", "a/016.jpg"}
	if !slices.Equal(test[:4], want) {
		t.Errorf("test of seed 1 begins with %v, want %v", test[:4], want)
	}
	more := cfg
	more.ValShare = 0.4
	if again := idsOf(t, more, "test"); !slices.Equal(test, again) {
		t.Errorf("another val_share moves test: %v, was %v", again, test)
	}
	more.ShareSeed = 2
	if again := idsOf(t, more, "test"); slices.Equal(test, again) {
		t.Error("another seed draws the same images")
	}
}

func TestAShareOfOneSplitLeavesTheOther(t *testing.T) {
	cfg := flatFolders(t, map[string]int{"train/a": 10, "train/b": 10, "test/a": 2, "test/b": 2})
	cfg.Train, cfg.TestShare = "train", 0
	for split, want := range map[string]int{"train": 16, "val": 4, "test": 4} {
		if got := len(idsOf(t, cfg, split)); got != want {
			t.Errorf("%s has %d images, want %d", split, got, want)
		}
	}
}

func TestASurveyReportsAListOfSharesOnce(t *testing.T) {
	dir := t.TempDir()
	datatest.Put(t, dir, map[string]string{
		"all.txt": "a/1.jpg;0\na/2.jpg;0\na/3.jpg;0\nbroken\nb/1.jpg;1\nb/2.jpg;1\n",
		"a/1.jpg": "x", "b/1.jpg": "x",
	})
	cfg := DefaultConfig()
	cfg.Format, cfg.Root, cfg.Train, cfg.ValShare, cfg.Test = "list", dir, "all", 0.3, ""
	n := 0
	for _, split := range []string{"train", "val"} {
		s, err := Survey(cfg, split, func(*Problem) { n++ })
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Classes) != 2 {
			t.Errorf("%s has the classes %v", split, s.Classes)
		}
	}
	if n != 1 {
		t.Errorf("%d problems, want 1", n)
	}
}

func TestSharesThatCannotBe(t *testing.T) {
	for _, tc := range []struct {
		val, test float64
		want      string
	}{
		{0.2, 0.2, ""},
		{-0.1, 0, "val_share: -0.1 is not in 0 to 0.9"},
		{0, 1, "test_share: 1 is not in 0 to 0.9"},
		{0.6, 0.5, "val_share: 0.6 and data.test_share, 0.5, " +
			"leave less than a tenth of the images to train on"},
	} {
		cfg, got := DefaultConfig(), ""
		cfg.ValShare, cfg.TestShare = tc.val, tc.test
		cfg.validateShares(func(key, msg string) { got += key + ": " + msg })
		if got != tc.want {
			t.Errorf("%g, %g: %q, want %q", tc.val, tc.test, got, tc.want)
		}
	}
	cfg := flatFolders(t, map[string]int{"a": 1, "b": 1})
	_, err := Open(cfg, "val")
	want := `opening split val: data.val_share: the classes of "." have too few images to hold any out`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
