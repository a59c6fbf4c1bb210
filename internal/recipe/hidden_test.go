package recipe_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"acol/internal/recipe"
	"acol/internal/visible"
)

// A recipe is printed on terminals, where control characters become escapes. YAML reads an escape
// in double quotes alone.
func TestWhatIsShownOfARecipeReadsBack(t *testing.T) {
	for _, out := range []string{"runs/a\u202eb", "runs/\u2066x\u2069", "runs/a\u009bb", "runs/鳥 é", `runs\a\x1b`} {
		rec := recipe.Default()
		rec.Data.Root, rec.Data.Metadata, rec.Train.Out = "images", "metadata", out
		var b bytes.Buffer
		if err := recipe.Write(visible.NewWriter(&b), rec); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "r.yaml")
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := recipe.Load(recipe.Options{File: path})
		if err != nil || got.Train.Out != out {
			t.Errorf("%q reads back as %+v, error %v", out, got, err)
		}
	}
}
