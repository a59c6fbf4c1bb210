package run

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrState is of a state file in the place of a model.
var ErrState = errors.New("a training's state, not a model")

// List returns the folders right below root that hold a recipe and a model, in the order of their
// names. A root that cannot be read has none.
func List(root string) []Folder {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil
	}
	var found []Folder
	for _, e := range entries {
		if f := Folder(filepath.Join(root, e.Name())); f.holdsModel() {
			found = append(found, f)
		}
	}
	return found
}

// holdsModel reports whether the folder holds a recipe and a model.
func (f Folder) holdsModel() bool {
	return exists(f.RecipePath()) && (exists(f.LastPath()) || exists(f.BestPath()))
}

// Named returns the run that a path names: a run's folder, or a file in one. Of a model the file is
// the checkpoint, of another file there is none. A state is ErrState.
func Named(path string) (f Folder, checkpoint string, err error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return Folder(path), "", nil // what is not there is for Open to say
	}
	f = Folder(filepath.Dir(path))
	switch name := filepath.Base(path); {
	case name == stateName:
		return "", "", &os.PathError{Op: "opening the model", Path: path, Err: ErrState}
	case name == recipeName, name == logName, name == resultsName, isEvaluation(name):
		return f, "", nil
	}
	return f, path, nil
}
