package run

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"acol/internal/album"
	"acol/internal/atomicfile"
	"acol/internal/regular"
)

// HoldsError is of a folder that holds an earlier run, which nothing is to write over.
type HoldsError struct {
	Folder Folder
	Names  []string // of its files
}

func (e *HoldsError) Error() string {
	return fmt.Sprintf("%s holds an earlier run (%s)", e.Folder, strings.Join(e.Names, ", "))
}

// Holds lists what a run has left in the folder: a model, a state, a log with a line, evaluations.
// A recipe alone is none: a training that ended before it saved anything leaves it.
func (f Folder) Holds() ([]string, error) {
	if info, err := os.Stat(string(f)); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, and a run needs a folder", f)
	}
	entries, err := os.ReadDir(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for an earlier run: %w", err)
	}
	var names []string
	for _, e := range entries {
		switch name := e.Name(); {
		case name == stateName, name == lastName, name == bestName, isEvaluation(name):
			names = append(names, name)
		case name == logName:
			info, err := e.Info()
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("looking for an earlier run: %w", err)
			}
			if err == nil && info.Size() > 0 {
				names = append(names, name)
			}
		}
	}
	return names, nil
}

// Free is a *HoldsError where the folder holds an earlier run.
func (f Folder) Free() error {
	names, err := f.Holds()
	if err == nil && len(names) > 0 {
		err = &HoldsError{f, names}
	}
	return err
}

// isEvaluation reports whether a file has the name of a split's records or figures.
func isEvaluation(name string) bool {
	ext := filepath.Ext(name)
	return strings.HasPrefix(name, "eval-") && (ext == ".json" || ext == ".jsonl")
}

// stageName is the folder in which an earlier run is gathered.
const stageName = ".acol-earlier"

// betweenSteps is called between the steps of setAside, where a test ends it.
var betweenSteps = func() {}

// setAside moves files of the folder, what shows its training and a copy of its recipe into a new
// folder beside it, whose path it returns: runs/a.1 of runs/a, or runs/a.2 where that is taken.
// Where no folder beside can be made, as where runs/a is a mount point, it is runs/a/earlier.1.
//
// The files are gathered as hard links, or as copies on a file system without these, and the whole
// is renamed before any of them is removed. So a crash leaves the earlier run whole in one of the
// two places.
func (f Folder) setAside(names []string) (Folder, error) {
	fail := func(err error) (Folder, error) {
		return "", fmt.Errorf("setting the earlier run in %s aside: %w", f, err)
	}
	for _, name := range slices.Concat(album.Names(), []string{resultsName}, f.events()) {
		if exists(f.path(name)) {
			names = append([]string{name}, names...)
		}
	}
	stage := f.path(stageName)
	if err := f.gather(names, stage); err != nil {
		_ = os.RemoveAll(stage)
		return fail(err)
	}
	betweenSteps()
	to, err := f.place(stage)
	if err != nil {
		_ = os.RemoveAll(stage)
		return fail(err)
	}
	// In the reverse of their order the state comes first, without which nothing goes on here.
	for _, name := range slices.Backward(names) {
		betweenSteps()
		if err := os.Remove(f.path(name)); err != nil {
			return fail(err)
		}
	}
	betweenSteps()
	if err := atomicfile.SyncFolder(string(f)); err != nil {
		return fail(err)
	}
	return to, nil
}

// gather makes the folder stage with other names of the files, and of the recipe if there is one.
func (f Folder) gather(names []string, stage string) error {
	betweenSteps()
	if err := os.Mkdir(stage, 0o777); err != nil {
		return err
	}
	if exists(f.RecipePath()) {
		names = append(slices.Clone(names), recipeName)
	}
	for _, name := range names {
		betweenSteps()
		if err := linkOrCopy(f.path(name), filepath.Join(stage, name)); err != nil {
			return err
		}
	}
	return atomicfile.SyncFolder(stage)
}

// place renames the folder of what was gathered to the first free name beside f, or else in it.
func (f Folder) place(stage string) (Folder, error) {
	beside, err := f.beside()
	if err != nil {
		return "", err
	}
	to, err := renameFree(stage, beside)
	if err != nil {
		to, err = renameFree(stage, f.path("earlier"))
	}
	if err != nil {
		return "", err
	}
	return Folder(to), atomicfile.SyncFolder(filepath.Dir(to))
}

// beside returns the path that the names beside the folder begin with. A link's is where it leads.
func (f Folder) beside() (string, error) {
	path := filepath.Clean(string(f))
	info, err := os.Lstat(path)
	if err != nil {
		return "", err
	}
	if info.Mode()&fs.ModeSymlink != 0 {
		return filepath.EvalSymlinks(path)
	}
	if base := filepath.Base(path); base == "." || base == ".." {
		return filepath.Abs(path)
	}
	return path, nil
}

// renameFree renames a folder to base.1, or to the first of base.2 and so on that is not there.
func renameFree(from, base string) (string, error) {
	const most = 1 << 16
	for n := 1; n < most; n++ {
		to := fmt.Sprintf("%s.%d", base, n)
		if _, err := os.Lstat(to); err == nil {
			continue
		}
		err := os.Rename(from, to)
		if err == nil || !errors.Is(err, fs.ErrExist) {
			return to, err
		}
	}
	return "", fmt.Errorf("%s.1 to %s.%d are all taken", base, base, most-1)
}

// linkOrCopy makes to another name of the file from, or a copy of it where files have one name.
func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := regular.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	return atomicfile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}
