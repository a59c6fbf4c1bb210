// Package run knows a run's folder: what lies in it, under which names, how it is written while a
// model is trained, and how the trained model is opened from it again.
//
//	recipe.yaml        the recipe, resolved: every key has a value
//	log.jsonl          a train.EpochRecord a line
//	results.csv        the same as a table, a row an epoch
//	last.safetensors   the model after the last epoch, with the names of its classes
//	best.safetensors   the model after the epoch that was best on val
//	state.safetensors  what resuming needs; the last that is written of an epoch
//	curves.png, …      pictures of the training, those of album.Names
//	events.out.…       event files of TensorBoard
//	eval-SPLIT.jsonl   what each image of a split gave when it was evaluated last
//	eval-SPLIT.json    the figures of that evaluation
//	.acol.lock         locked by the process that trains, and there while it does
//
// Every file but the log, the table of it, the event files and the lock is written whole or not at
// all.
package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"acol/internal/atomicfile"
	"acol/internal/recipe"
	"acol/internal/weights"
)

// The files of a run's folder, but for those of its evaluations.
const (
	recipeName  = "recipe.yaml"
	logName     = "log.jsonl"
	resultsName = "results.csv"
	stateName   = "state.safetensors"
	lastName    = "last.safetensors"
	bestName    = "best.safetensors"
)

// Folder is the path of a run's folder, which need not exist yet.
type Folder string

// ErrNotRun is of a folder that is not that of a run.
var ErrNotRun = errors.New("not the folder of a run")

// ErrNoRun is of a folder below which no finished run is found.
var ErrNoRun = errors.New("no finished run")

func (f Folder) path(name string) string { return filepath.Join(string(f), name) }

// RecipePath is the resolved recipe's.
func (f Folder) RecipePath() string { return f.path(recipeName) }

// LastPath is that of the model after the last epoch.
func (f Folder) LastPath() string { return f.path(lastName) }

// StatePath is that of the state to resume from.
func (f Folder) StatePath() string { return f.path(stateName) }

// BestPath is that of the model that was best on val.
func (f Folder) BestPath() string { return f.path(bestName) }

// PicturePath is that of a picture of the training, one of album.Names.
func (f Folder) PicturePath(name string) string { return f.path(name) }

// Checkpoint is the path of a model by the word that a user names it with: last, best, or the path
// of any file.
func (f Folder) Checkpoint(which string) string {
	switch which {
	case "last":
		return f.LastPath()
	case "best":
		return f.BestPath()
	}
	return which
}

// HasState reports whether the folder holds a state to resume from.
func (f Folder) HasState() bool { return exists(f.path(stateName)) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// IsRun reports whether the folder has the recipe of a run.
func (f Folder) IsRun() bool { return exists(f.RecipePath()) }

// Recipe reads the run's recipe, with overrides of the form key=value and of the environment.
// Where there is none the error is ErrNotRun.
func (f Folder) Recipe(set, env []string) (*recipe.Recipe, error) {
	rec, err := recipe.Load(recipe.Options{File: f.RecipePath(), Saved: true, Set: set, Env: env})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is %w: it has no %s", f, ErrNotRun, recipeName)
	}
	return rec, err
}

// SaveRecipe makes the folder, if it is not there, and writes the resolved recipe into it.
func (f Folder) SaveRecipe(r *recipe.Recipe) error {
	if err := f.make(); err != nil {
		return err
	}
	return atomicfile.Write(f.RecipePath(), func(w io.Writer) error { return recipe.Write(w, r) })
}

func (f Folder) make() error {
	if exists(string(f)) {
		return nil // or what is in the way is found when a file is made in it
	}
	if err := os.MkdirAll(string(f), 0o777); err != nil {
		return fmt.Errorf("making the run's folder: %w", err)
	}
	if err := atomicfile.SyncFolder(filepath.Dir(string(f))); err != nil {
		return fmt.Errorf("making the run's folder: %w", err)
	}
	return nil
}

// Around returns the run's folder in which a recipe lies: one with something of a run beside the
// file, which is called recipe.yaml. Such a recipe is that run's own, also where the folder was
// copied or moved after its train.out was written.
func Around(recipePath string) (f Folder, ok bool, err error) {
	if filepath.Base(recipePath) != recipeName {
		return "", false, nil
	}
	f = Folder(filepath.Dir(recipePath))
	if exists(f.path(lockName)) { // of a training that was killed before it saved anything
		return f, true, nil
	}
	names, err := f.Holds()
	return f, len(names) > 0, err
}

// Is reports whether two paths are of one folder.
func (f Folder) Is(other Folder) bool {
	if filepath.Clean(string(f)) == filepath.Clean(string(other)) {
		return true
	}
	a, err := os.Stat(string(f))
	if err != nil {
		return false
	}
	b, err := os.Stat(string(other))
	return err == nil && os.SameFile(a, b)
}

// Newest returns the folder below root whose training finished last; ErrNoRun where there is none.
func Newest(root string) (Folder, error) {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("looking for a run: %w", err)
	}
	newest, at := Folder(""), time.Time{}
	for _, e := range entries {
		f := Folder(filepath.Join(root, e.Name()))
		info, err := os.Stat(f.LastPath())
		if err != nil || !f.finished() {
			continue
		}
		if newest == "" || info.ModTime().After(at) {
			newest, at = f, info.ModTime()
		}
	}
	if newest == "" {
		return "", fmt.Errorf("%w under %s", ErrNoRun, root)
	}
	return newest, nil
}

// finished reports whether the last checkpoint is of the epoch with which the recipe's training
// ends: the last one, or by the log the one in which its patience ended.
func (f Folder) finished() bool {
	rec, err := f.Recipe(nil, nil)
	if err != nil {
		return false
	}
	last, err := weights.OpenFile(f.LastPath())
	if err != nil {
		return false
	}
	defer func() { _ = last.Close() }()
	epoch, ok := epochOf(last.Metadata())
	if !ok || rec.Train.Patience == 0 {
		return ok && epoch >= rec.Train.Epochs
	}
	best := epoch
	if log, err := f.Log(); err == nil && len(log) > 0 && log[len(log)-1].Epoch == epoch {
		best = log[len(log)-1].BestEpoch
	}
	return rec.Train.Ended(epoch, best)
}
