package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"acol/configs"
)

// TestBuiltInRecipesAreFoundWhereNoFileIs reads recipes from a folder that has none.
func TestBuiltInRecipesAreFoundWhereNoFileIs(t *testing.T) {
	want, err := Load(Options{File: "../../configs/cub-resnet50-pp.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for _, name := range []string{
		"cub-resnet50-pp", "cub-resnet50-pp.yaml", "configs/cub-resnet50-pp.yaml",
	} {
		got, err := Load(Options{File: name})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for name, want := range map[string]string{
		"cub-resnet-pp": "recipe cub-resnet-pp does not exist; did you mean cub-resnet50-pp?",
		"other/cub-resnet50-pp": "recipe other/cub-resnet50-pp does not exist; " +
			"did you mean cub-resnet50-pp?",
		"../configs/cub-vgg16-p":  "recipe ../configs/cub-vgg16-p does not exist",
		"nothing/like/it/at/all.": "recipe nothing/like/it/at/all. does not exist",
	} {
		if _, err := Load(Options{File: name}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	if err := os.WriteFile("cub-resnet50-pp", []byte("name: mine\ndata: {root: x, metadata: y}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if r, err := Load(Options{File: "cub-resnet50-pp"}); err != nil || r.Name != "mine" {
		t.Errorf("a file of the name is not read: %v", err)
	}
}

func TestBuiltInRecipesAreThoseOfTheFolder(t *testing.T) {
	files, _ := filepath.Glob("../../configs/*-*.yaml")
	if len(files) == 0 || len(configs.All()) != len(files) {
		t.Errorf("%d recipes are built in, the folder has %d", len(configs.All()), len(files))
	}
	for _, r := range configs.All() {
		s := r.Summary()
		if len(s) < 20 || len(s) > 110 || strings.ContainsAny(s, "#\n") || strings.HasSuffix(s, ".") {
			t.Errorf("%s has the summary %q", r.Name, s)
		}
	}
}
