package filelock

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestALockHasOneHolderUntilItIsClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, second := open(t, path), open(t, path)
	switch err := Try(first); {
	case errors.Is(err, ErrNoLocks):
		t.Skip(err)
	case err != nil:
		t.Fatal(err)
	}
	if err := Try(second); !errors.Is(err, ErrHeld) {
		t.Errorf("a second lock: %v, want ErrHeld", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Try(second); err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
}

func TestAClosedFileCannotBeLocked(t *testing.T) {
	f := open(t, filepath.Join(t.TempDir(), "lock"))
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Try(f); err == nil {
		t.Error("it was")
	}
}

func TestALockedFileIsRemovedUnlessTheSystemRemovesNothingOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	if err := Remove(open(t, path), path); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	first, other := open(t, path), open(t, path)
	err := Remove(first, path)
	if held := errors.Is(err, ErrHeld); held != (runtime.GOOS == "windows") || IsAt(other, path) != held {
		t.Errorf("with another opener: %v, and it is there: %v", err, IsAt(other, path))
	}
}
