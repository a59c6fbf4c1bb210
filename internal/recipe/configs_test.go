package recipe

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"acol/internal/data"
	"acol/internal/data/synth"

	"github.com/google/go-cmp/cmp"
)

func TestConfigsLoad(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recipes: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(name, func(t *testing.T) {
			r, err := Load(Options{File: file})
			if err != nil {
				t.Fatal(err)
			}
			if r.Name != name || r.Train.Out != "runs/"+name {
				t.Errorf("name %s, out %s, want %s, runs/%[3]s", r.Name, r.Train.Out, name)
			}
			if name != "annotated" && !strings.HasSuffix(name, "-"+r.Model.Branches.Kinds) {
				t.Errorf("%s has the branches %s", name, r.Model.Branches.Kinds)
			}
			if strings.HasPrefix(name, "synth-") && (r.Data.Root != "data/synth/"+synth.Root || r.Data.Metadata != "data/synth/"+synth.Metadata) {
				t.Errorf("%s reads %s and %s, not where acol data synth writes", name, r.Data.Root, r.Data.Metadata)
			}
			again, err := load(t, written(t, r), nil, nil)
			if diff := cmp.Diff(r, again); err != nil || diff != "" {
				t.Errorf("written and read again: %v\n%s", err, diff)
			}
		})
	}
}

// TestConfigsSayOnlyWhatDiffersFromTheDefaults keeps the recipes short: what stands there is why
// the recipe is there. The network and its branches say what a recipe is, also where they are
// usual.
func TestConfigsSayOnlyWhatDiffersFromTheDefaults(t *testing.T) {
	usual := []string{
		"model.backbone.arch", "model.backbone.depth", "model.branches.kinds", "model.branches.deltas",
	}
	files, err := filepath.Glob("../../configs/*-*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recipes: %v", err)
	}
	defaults := Default()
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var p problems
		for _, s := range parse(filepath.Base(file), raw, false, &p) {
			if cmp.Equal(s.value, s.key.get(defaults)) && !slices.Contains(usual, s.key.path) {
				t.Errorf("%s: %s has its default", s.where, s.key.path)
			}
		}
		if err := p.err(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(string(raw), "\n"); n > 50 {
			t.Errorf("%s has %d lines: more than a screen beside another", file, n)
		}
	}
}

// TestConfigsStartFromWhatCanBeFetched holds that a user can begin without making a weight file.
func TestConfigsStartFromWhatCanBeFetched(t *testing.T) {
	files, _ := filepath.Glob("../../configs/*-*.yaml")
	for _, file := range files {
		r, err := Load(Options{File: file})
		if err != nil {
			t.Fatal(err)
		}
		var set []string
		switch w := r.Model.Backbone.Weights; {
		case w == "", strings.HasPrefix(string(w), "runs/synth-p/"):
			continue
		case r.Model.Backbone.Variant == "bvlc": // what the file's comment says to do without it
			set = []string{"model.backbone.variant=torchvision", "model.backbone.weights=imagenet"}
		}
		if r, err = Load(Options{File: file, Set: set}); err == nil {
			err = CheckPaths(r, WeightsPath)
		}
		if err != nil || !r.Model.Backbone.WantsPublished() {
			t.Errorf("%s: %v, weights %q", file, err, r.Model.Backbone.Weights)
		}
	}
}

// TestConfigsThatAreNamedExist holds that help, documentation and scripts name recipes that exist.
func TestConfigsThatAreNamedExist(t *testing.T) {
	name := regexp.MustCompile(`configs/[a-z0-9-]+\.yaml`)
	n := 0
	for _, place := range []string{"README.md", "cmd", "configs", "docs", "scripts"} {
		err := filepath.WalkDir("../../"+place, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, file := range name.FindAllString(string(raw), -1) {
				n++
				if _, err := os.Stat("../../" + file); err != nil {
					t.Errorf("%s names %s: %v", path, file, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 20 {
		t.Errorf("found %d names: the test looks in the wrong place", n)
	}
}

// TestCub16RecipesDifferInTheirBranchesAlone keeps p, pp and pn comparable.
func TestCub16RecipesDifferInTheirBranchesAlone(t *testing.T) {
	var all []*Recipe
	for _, branches := range []string{"p", "pp", "pn"} {
		r, err := Load(Options{File: fmt.Sprintf("../../configs/cub16-squeezenet-%s.yaml", branches)})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Data.Classes) != 16 {
			t.Errorf("%s keeps %d classes, want 16", r.Name, len(r.Data.Classes))
		}
		r.Name, r.Train.Out, r.Model.Branches.Kinds, r.Model.Branches.Deltas = "", "", "", nil
		all = append(all, r)
	}
	for _, r := range all[1:] {
		if diff := cmp.Diff(all[0], r); diff != "" {
			t.Error(diff)
		}
	}
}

// TestCub16RecipesFindTheirImages opens the data of 16 classes as somebody who
// keeps it elsewhere would.
func TestCub16RecipesFindTheirImages(t *testing.T) {
	shared := os.Getenv("ACOL_SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	root := filepath.Join(shared, "data/cub16/CUB_200_2011")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no CUB-200-2011 in %s: set ACOL_SHARED to the folder that holds data/cub16", shared)
	}
	r, err := Load(Options{File: "../../configs/cub16-squeezenet-pp.yaml", Set: []string{"data.root=" + root}})
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckPaths(r, DataPaths); err != nil {
		t.Fatal(err)
	}
	for split, want := range map[string]int{"train": 400, "val": 80, "test": 467} {
		s, err := data.Open(r.Data, split)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Samples) != want || len(s.Classes) != 16 {
			t.Errorf("%s: %d images of %d classes, want %d of 16", split, len(s.Samples), len(s.Classes), want)
		}
	}
}
