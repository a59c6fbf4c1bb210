package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"acol/internal/atomicfile"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/train"
	"acol/internal/weights"
)

// recipeName is the resolved recipe in a run's folder.
const recipeName = "recipe.yaml"

// classesKey is the class names in a checkpoint's metadata, as a JSON list.
const classesKey = "acol_classes"

// trained is a model of a run with what is needed to use it.
type trained struct {
	Dir        string
	Checkpoint string // file
	Recipe     *recipe.Recipe
	Model      *model.Model
	Classes    []string
	Epoch      int
}

// openRun loads a run's recipe, with overrides, and one of its checkpoints:
// last, best or the path of a file.
func openRun(dir, checkpoint string, set, env []string) (*trained, error) {
	rec, err := recipe.Load(recipe.Options{File: filepath.Join(dir, recipeName), Saved: true, Set: set, Env: env})
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hinted{fmt.Errorf("%s is not the folder of a run: it has no %s", dir, recipeName),
				"acol train makes one; name it with --run"}
		}
		return nil, err
	}
	path := checkpoint
	switch checkpoint {
	case "last":
		path = filepath.Join(dir, train.LastName)
	case "best":
		path = filepath.Join(dir, train.BestName)
	}
	sd, _, err := weights.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, hinted{fmt.Errorf("loading the model of %s: %w", dir, err), "the run has no finished epoch yet, or --checkpoint names a file that is not there"}
		}
		return nil, fmt.Errorf("loading the model of %s: %w", dir, err)
	}
	var classes []string
	if err := json.Unmarshal([]byte(sd.Metadata[classesKey]), &classes); err != nil || len(classes) == 0 {
		return nil, fmt.Errorf("loading %s: its metadata has no class names (%s): not a checkpoint of acol", path, classesKey)
	}
	m, err := model.New(rec.Model, len(classes))
	if err != nil {
		return nil, err
	}
	if err := m.LoadAll(sd); err != nil {
		return nil, fmt.Errorf("loading %s: %w", path, err)
	}
	epoch, _ := strconv.Atoi(sd.Metadata["epoch"])
	return &trained{Dir: dir, Checkpoint: path, Recipe: rec, Model: m, Classes: classes, Epoch: epoch}, nil
}

// metadataOf is what goes into the checkpoints of a run.
func metadataOf(classes []string) (map[string]string, error) {
	text, err := json.Marshal(classes)
	return map[string]string{"format": "pt", classesKey: string(text)}, err
}

// saveRecipe writes the resolved recipe into a run's folder.
func saveRecipe(dir string, r *recipe.Recipe) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("making the run's folder: %w", err)
	}
	return atomicfile.Write(filepath.Join(dir, recipeName), func(w io.Writer) error { return recipe.Write(w, r) })
}

// newestRun is the folder below root whose training finished last.
func newestRun(root string) (string, error) {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("looking for a run: %w", err)
	}
	newest, at := "", time.Time{}
	for _, e := range entries {
		dir := filepath.Join(root, e.Name())
		info, err := os.Stat(filepath.Join(dir, train.LastName))
		if err != nil || !finished(dir) {
			continue
		}
		if newest == "" || info.ModTime().After(at) {
			newest, at = dir, info.ModTime()
		}
	}
	if newest == "" {
		return "", hinted{fmt.Errorf("no finished run under %s", root), "train a model first (acol train --config FILE), or name a run with --run"}
	}
	return newest, nil
}

// finished tells whether a run's last checkpoint is of its recipe's last epoch.
func finished(dir string) bool {
	rec, err := recipe.Load(recipe.Options{File: filepath.Join(dir, recipeName), Saved: true})
	if err != nil {
		return false
	}
	f, err := weights.OpenFile(filepath.Join(dir, train.LastName))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	epoch, err := strconv.Atoi(f.Metadata()["epoch"])
	return err == nil && epoch >= rec.Train.Epochs
}
