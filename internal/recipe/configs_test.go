package recipe

import (
	"fmt"
	"os"
	"path/filepath"
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
