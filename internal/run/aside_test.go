package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/run"
)

// ofARun are files that a run leaves, each with its name as its content.
var ofARun = []string{
	"best.safetensors", "eval-test.json", "eval-test.jsonl", "last.safetensors", "log.jsonl",
	"state.safetensors",
}

// fakeRun makes a folder with files, each with its name as its content.
func fakeRun(t *testing.T, dir string, names ...string) run.Folder {
	t.Helper()
	check(t, os.MkdirAll(dir, 0o777))
	for _, name := range names {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o666))
	}
	return run.Folder(dir)
}

// list returns the names in a folder whose files have their names as their content.
func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	check(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if e.Type().IsRegular() && read(t, filepath.Join(dir, e.Name())) != e.Name() {
			t.Errorf("%s in %s was written over", e.Name(), dir)
		}
	}
	return names
}

// clear clears a folder for a new run and returns what it was told.
func clear(t *testing.T, dir run.Folder, replace bool) ([]string, error) {
	t.Helper()
	w := dir.Writer("test", nil)
	defer w.Close()
	var notes []string
	w.Replace, w.Note = replace, func(s string) { notes = append(notes, s) }
	err := w.Clear()
	return notes, err
}

func TestNothingThatHoldsSomethingIsClearedUnlessTold(t *testing.T) {
	for _, name := range append([]string{"eval-val.jsonl"}, ofARun...) {
		dir := fakeRun(t, filepath.Join(t.TempDir(), "a"), "recipe.yaml", name)
		_, err := clear(t, dir, false)
		var holds *run.HoldsError
		want := string(dir) + " holds an earlier run (" + name + ")"
		if !errors.As(err, &holds) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		if got := list(t, string(dir)); !slices.Equal(got, slices.Sorted(slices.Values([]string{"recipe.yaml", name}))) {
			t.Errorf("%s: the folder holds %q afterwards", name, got)
		}
	}
}

func TestAnInterruptedStartIsStartedAgain(t *testing.T) {
	dir := fakeRun(t, filepath.Join(t.TempDir(), "a"), "recipe.yaml", ".acol.lock", "notes.txt")
	check(t, os.WriteFile(filepath.Join(string(dir), "log.jsonl"), nil, 0o666))
	if notes, err := clear(t, dir, false); err != nil || notes != nil {
		t.Errorf("told %q, %v", notes, err)
	}
}

func TestAnEarlierRunIsKeptBeside(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "a")
	for _, to := range []string{path + ".1", path + ".2"} {
		dir := fakeRun(t, path, append([]string{"recipe.yaml", "my notes", "curves.png"}, ofARun...)...)
		notes, err := clear(t, dir, true)
		check(t, err)
		if want := []string{"the earlier run in " + path + " is kept as " + to}; !slices.Equal(notes, want) {
			t.Errorf("told %q, want %q", notes, want)
		}
		want := append(slices.Clone(ofARun), "recipe.yaml", "curves.png")
		slices.Sort(want)
		if got := list(t, to); !slices.Equal(got, want) {
			t.Errorf("%s holds %q, want %q", to, got, want)
		}
		if got := list(t, path); !slices.Equal(got, []string{"my notes", "recipe.yaml"}) {
			t.Errorf("the folder still holds %q", got)
		}
	}
	// What is written from now on is not written into the earlier run too.
	check(t, os.WriteFile(filepath.Join(path, "log.jsonl"), []byte("new"), 0o666))
	list(t, path+".1")
}

func TestALinkedRunIsKeptBesideWhereItLies(t *testing.T) {
	root := t.TempDir()
	fakeRun(t, filepath.Join(root, "big", "a"), ofARun...)
	link := filepath.Join(root, "a")
	check(t, os.Symlink(filepath.Join("big", "a"), link))
	_, err := clear(t, run.Folder(link), true)
	check(t, err)
	if got := list(t, filepath.Join(root, "big", "a.1")); !slices.Equal(got, ofARun) {
		t.Errorf("kept %q", got)
	}
}

func TestAnEarlierRunStaysWithinWhereNothingCanBeMadeBeside(t *testing.T) {
	const longest = 255 // bytes of a name, so that none with .1 behind it can be made
	dir := fakeRun(t, filepath.Join(t.TempDir(), strings.Repeat("a", longest)), ofARun...)
	for _, name := range []string{"earlier.1", "earlier.2"} {
		notes, err := clear(t, dir, true)
		check(t, err)
		to := filepath.Join(string(dir), name)
		if want := "the earlier run in " + string(dir) + " is kept as " + to; !slices.Equal(notes, []string{want}) {
			t.Errorf("told %q, want %q", notes, want)
		}
		if got := list(t, to); !slices.Equal(got, ofARun) {
			t.Errorf("kept %q", got)
		}
		fakeRun(t, string(dir), ofARun...)
	}
}

func TestAFileWithOneNameIsCopied(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "none", "to")
	check(t, os.WriteFile(from, []byte("content"), 0o666))
	if err := run.LinkOrCopy(from, to); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into no folder: %v", err)
	}
	// A link to what is there already fails; a copy takes its place.
	to = filepath.Join(dir, "to")
	check(t, os.WriteFile(to, []byte("old"), 0o666))
	check(t, run.LinkOrCopy(from, to))
	if got := read(t, to); got != "content" {
		t.Errorf("got %q", got)
	}
	check(t, os.WriteFile(from, []byte("changed"), 0o666))
	if got := read(t, to); got != "content" {
		t.Errorf("the copy changed with its original: %q", got)
	}
}

// A process may be killed between any two steps. Then the earlier run is whole, in its folder or in
// one place beside, and the next attempt finds a folder that it can go on with.
func TestAKillBetweenTwoStepsLosesNothingOfTheEarlierRun(t *testing.T) {
	const killed = "killed"
	whole := func(dir string) bool {
		entries, err := os.ReadDir(dir)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return err == nil && !slices.ContainsFunc(ofARun, func(n string) bool { return !slices.Contains(names, n) })
	}
	steps := 0
	for done := false; !done; steps++ {
		path := filepath.Join(t.TempDir(), "a")
		dir := fakeRun(t, path, append([]string{"recipe.yaml"}, ofARun...)...)
		n := 0
		undo := run.BetweenSteps(func() {
			if n++; n > steps {
				panic(killed)
			}
		})
		func() {
			defer func() {
				if r := recover(); r != nil && r != killed {
					panic(r)
				}
			}()
			_, err := clear(t, dir, true)
			check(t, err)
			done = true
		}()
		undo()
		if !whole(path) && !whole(path+".1") {
			t.Fatalf("killed after %d steps: the earlier run is whole nowhere: %q", steps, list(t, path))
		}
		_, err := clear(t, dir, true)
		check(t, err)
		if !whole(path+".1") || len(list(t, path)) != 1 {
			t.Errorf("killed after %d steps and done again: the folder holds %q", steps, list(t, path))
		}
		list(t, path+".1")
	}
	if want := 2*len(ofARun) + 4; steps < want {
		t.Errorf("%d steps were tried, want %d at least", steps, want)
	}
}

func TestARecipeInARunsFolderIsThatRuns(t *testing.T) {
	root := t.TempDir()
	for name, c := range map[string]struct {
		files []string
		file  string
		want  bool
	}{
		"beside a state":             {[]string{"recipe.yaml", "state.safetensors"}, "recipe.yaml", true},
		"beside a model":             {[]string{"recipe.yaml", "last.safetensors"}, "recipe.yaml", true},
		"of a start that was killed": {[]string{"recipe.yaml", ".acol.lock"}, "recipe.yaml", true},
		"alone":                      {[]string{"recipe.yaml"}, "recipe.yaml", false},
		"under another name":         {[]string{"other.yaml", "state.safetensors"}, "other.yaml", false},
	} {
		dir := fakeRun(t, filepath.Join(root, strings.ReplaceAll(name, " ", "-")), c.files...)
		got, ok, err := run.Around(filepath.Join(string(dir), c.file))
		check(t, err)
		if ok != c.want || ok && got != dir {
			t.Errorf("%s: %s, %v", name, got, ok)
		}
	}
	if _, ok, err := run.Around(filepath.Join(root, "none", "recipe.yaml")); ok || err != nil {
		t.Errorf("in no folder: %v, %v", ok, err)
	}
}
