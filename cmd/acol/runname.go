package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/nearest"
	"acol/internal/recipe"
	"acol/internal/run"
)

// runsFolder is where trainings make their runs unless told otherwise.
const runsFolder = "runs"

// namedRun is the folder and the checkpoint of a run that a command line names: by its folder, by
// a model in it, or not at all, which is the newest that is finished.
func namedRun(s *streams, path, checkpoint string) (run.Folder, string, error) {
	if path == "" {
		f, err := run.Newest(runsFolder)
		if err != nil {
			return "", "", hintRun(err, "", checkpoint)
		}
		s.say("using %s, the newest finished run", f)
		return f, checkpoint, nil
	}
	f, model, err := run.Named(path)
	if errors.Is(err, run.ErrState) {
		return "", "", hinted{usageError{err},
			"--run " + shellWord(filepath.Dir(path)) + " has the model of the last epoch"}
	}
	if model != "" {
		checkpoint = model
	}
	return f, checkpoint, err
}

// oneModel refuses a path of a model beside --checkpoint, which names another or the same again.
func oneModel(c *cobra.Command, path string) error {
	_, model, err := run.Named(path)
	if err == nil && model != "" && c.Flags().Changed("checkpoint") {
		return usagef("%s is a model itself: leave --checkpoint out, "+
			"or name the run's folder", path)
	}
	return nil
}

// hintRun adds to a run that cannot be opened what to do about it.
func hintRun(err error, f run.Folder, checkpoint string) error {
	switch {
	case errors.Is(err, run.ErrNoRun):
		if runs := run.List(runsFolder); len(runs) > 0 {
			return hinted{err, "--run " + shellWord(string(runs[len(runs)-1])) +
				" takes the model that an unfinished run has so far"}
		}
		return hinted{err, "train a model first (" + trainLine() + "), or name a run with --run"}
	case errors.Is(err, run.ErrNotRun):
		return hinted{err, otherRun(f)}
	case errors.Is(err, fs.ErrNotExist) && checkpoint == "best":
		return hinted{err, "--checkpoint last has the model after the last epoch; " +
			"best is of a training with a val split"}
	case errors.Is(err, fs.ErrNotExist) && checkpoint == "last":
		return hinted{err, "the run has no finished epoch yet"}
	case errors.Is(err, fs.ErrNotExist):
		return hinted{err, "--checkpoint is last, best or the path of a file"}
	}
	return err
}

// otherRun says which run to name instead of a folder that is none: one in it, or of a near name.
func otherRun(f run.Folder) string {
	if below := run.List(string(f)); len(below) > 0 {
		return "it holds runs: name one, such as " + shellWord(string(below[0]))
	}
	var names []string
	for _, root := range []string{filepath.Dir(string(f)), runsFolder} {
		for _, r := range run.List(root) {
			names = append(names, string(r))
		}
	}
	if near := nearest.Meant(string(f), names); near != "" {
		return "did you mean " + shellWord(near) + "?"
	}
	for _, name := range names {
		if filepath.Base(name) == filepath.Base(string(f)) {
			return "did you mean " + shellWord(name) + "?"
		}
	}
	return "acol train makes one; name it with --run"
}

// trainLine is a command line that trains: by a recipe that is here, if there is one.
func trainLine() string {
	if found := recipesHere(); len(found) > 0 {
		return "acol train " + shellWord(found[0])
	}
	return "acol train PHOTOS"
}

// recipesHere are the paths of what looks like recipes in the working folder and its configs.
func recipesHere() []string {
	var found []string
	for _, dir := range []string{".", "configs"} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			ext := filepath.Ext(e.Name())
			hidden := strings.HasPrefix(e.Name(), ".")
			if !e.IsDir() && !hidden && (ext == ".yaml" || ext == ".yml") {
				found = append(found, filepath.Join(dir, e.Name()))
			}
		}
	}
	return found
}

// evalLine is a command line that measures a run on a split that its data have: test, or else val.
// Where they have neither it localizes.
func evalLine(f run.Folder, rec *recipe.Recipe) string {
	for _, split := range []string{"test", "val"} {
		if rec.Data.Has(split) {
			return fmt.Sprintf("acol eval --run %s --split %s", shellWord(string(f)), split)
		}
	}
	return fmt.Sprintf("acol localize --run %s IMAGE", shellWord(string(f)))
}
