package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"acol/internal/run"
)

func TestAFileOfARunNamesTheRun(t *testing.T) {
	t.Chdir(t.TempDir())
	fakeRun(t, "runs/a", append([]string{"recipe.yaml", "epoch 3.safetensors"}, ofARun...)...)
	for _, tc := range []struct {
		path, folder, checkpoint string
		err                      error
	}{
		{"runs/a", "runs/a", "", nil},
		{"runs/none", "runs/none", "", nil},
		{"runs/a/best.safetensors", "runs/a", "runs/a/best.safetensors", nil},
		{"runs/a/last.safetensors", "runs/a", "runs/a/last.safetensors", nil},
		{"runs/a/epoch 3.safetensors", "runs/a", "runs/a/epoch 3.safetensors", nil},
		{"runs/a/recipe.yaml", "runs/a", "", nil},
		{"runs/a/log.jsonl", "runs/a", "", nil},
		{"runs/a/eval-test.json", "runs/a", "", nil},
		{"runs/a/state.safetensors", "", "", run.ErrState},
	} {
		f, checkpoint, err := run.Named(filepath.FromSlash(tc.path))
		if !errors.Is(err, tc.err) || filepath.ToSlash(string(f)) != tc.folder ||
			filepath.ToSlash(checkpoint) != tc.checkpoint {
			t.Errorf("%s: %s, %q, %v", tc.path, f, checkpoint, err)
		}
	}
}

func TestRunsAreListedByTheirModels(t *testing.T) {
	t.Chdir(t.TempDir())
	fakeRun(t, "runs/b", "recipe.yaml", "last.safetensors")
	fakeRun(t, "runs/a", "recipe.yaml", "best.safetensors")
	fakeRun(t, "runs/begun", "recipe.yaml")
	fakeRun(t, "runs/foreign", "last.safetensors")
	check(t, os.WriteFile("runs/notes.txt", nil, 0o666))
	want := []run.Folder{
		run.Folder(filepath.Join("runs", "a")), run.Folder(filepath.Join("runs", "b")),
	}
	if got := run.List("runs"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := run.List("nowhere"); got != nil {
		t.Errorf("nowhere are %q", got)
	}
}
