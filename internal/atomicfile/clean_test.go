package atomicfile

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"acol/internal/filelock"
)

func TestCleanRemovesWhatDeadWritersLeftAlone(t *testing.T) {
	dir := t.TempDir()
	dead := fmt.Sprintf(tempFormat, 7)
	mine := []string{".acol-notes.tmp", "x.tmp", ".acol-0000000000000007.tmp.txt"}
	for _, name := range append([]string{dead}, mine...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := fmt.Sprintf(tempFormat, 8)
	if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x.json")
	// The second cleaning is of a folder in which a file is being written.
	err := Write(path, func(w io.Writer) error {
		for _, want := range [][]string{{dead}, nil} {
			got, err := Clean(dir)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("removed %q, %v, want %q", got, err, want)
			}
		}
		_, err := io.WriteString(w, "whole")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "whole" {
		t.Errorf("the file that was being written holds %q", got)
	}
	for _, name := range append(mine, folder) {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Errorf("%s is gone: %v", name, err)
		}
	}
}

func TestCleanOfNoFolderFindsNothing(t *testing.T) {
	got, err := Clean(filepath.Join(t.TempDir(), "none"))
	if err != nil || got != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAWriterTakesAnotherNameIfItsFileIsRemovedBeforeItIsLocked(t *testing.T) {
	f, err := create(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !filelock.IsAt(f, f.Name()) {
		t.Error("a new file is not where it was made")
	}
	if err := os.Remove(f.Name()); err != nil && !windows {
		t.Fatal(err)
	}
	if !windows && claim(f) {
		t.Error("a file that was removed is taken for one that is there")
	}
}
