package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"acol/internal/filelock"
)

// Temporary files are called by tempFormat, and found by tempPattern.
const (
	tempFormat  = ".acol-%016x.tmp"
	tempPattern = ".acol-????????????????.tmp"
)

// abandoned is the age from which a temporary file counts as a dead writer's where there are no
// locks that tell.
const abandoned = 24 * time.Hour

// Clean removes the temporary files from a folder whose writers died before they were done, and
// returns their names. Those of living writers stay. A folder that does not exist has none.
func Clean(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var removed []string
	for _, e := range entries {
		if ok, _ := filepath.Match(tempPattern, e.Name()); !ok || !e.Type().IsRegular() {
			continue
		}
		gone, err := removeDead(filepath.Join(dir, e.Name()))
		if err != nil {
			return removed, err
		}
		if gone {
			removed = append(removed, e.Name())
		}
	}
	return removed, nil
}

// removeDead removes a temporary file unless its writer lives.
func removeDead(path string) (removed bool, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch err := filelock.Try(f); {
	case errors.Is(err, filelock.ErrNoLocks):
		info, err := f.Stat()
		if err != nil || time.Since(info.ModTime()) < abandoned {
			return false, errors.Join(err, f.Close())
		}
	case errors.Is(err, filelock.ErrHeld):
		return false, f.Close()
	case err != nil:
		return false, errors.Join(err, f.Close())
	}
	err = filelock.Remove(f, path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, filelock.ErrHeld) {
		return false, nil
	}
	return err == nil, err
}
