package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWriteReplacesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	for _, want := range []string{"first", "second, longer", ""} {
		if err := Write(path, func(w io.Writer) error { _, err := io.WriteString(w, want); return err }); err != nil {
			t.Fatal(err)
		}
		if got := read(t, path); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	assertAlone(t, path)
}

func TestFailureLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	err := Write(path, func(w io.Writer) error {
		_, _ = w.Write(make([]byte, 2*bufferSize))
		return full
	})
	if !errors.Is(err, full) || err.Error() != fmt.Sprintf("writing %s: disk full", path) {
		t.Errorf("got %v", err)
	}
	if got := read(t, path); got != "old" {
		t.Errorf("got %q", got)
	}
	assertAlone(t, path)
}

func TestPanicLeavesNoTemporaryFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = Write(path, func(io.Writer) error { panic("x") })
	}()
	assertAlone(t, path)
}

func TestMissingFolderAndFolderInTheWay(t *testing.T) {
	dir := t.TempDir()
	nothing := func(io.Writer) error { return nil }
	if err := Write(filepath.Join(dir, "no", "x"), nothing); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(sub, nothing); err == nil {
		t.Error("a folder was replaced")
	}
	assertAlone(t, sub)
}

// failFlush makes flushing a folder fail until the test ends.
func failFlush(t *testing.T, err error) {
	t.Helper()
	old := flush
	flush = func(*os.File) error { return err }
	t.Cleanup(func() { flush = old })
}

func TestAFolderThatIsNotFlushedIsAnError(t *testing.T) {
	if windows {
		t.Skip("folders are not flushed here")
	}
	path := filepath.Join(t.TempDir(), "x.json")
	for _, cause := range []error{syscall.EIO, syscall.ENOSPC} {
		failFlush(t, cause)
		err := Write(path, func(io.Writer) error { return nil })
		want := fmt.Sprintf("writing %s: flushing the folder to the disk: %v", path, cause)
		if !errors.Is(err, cause) || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	assertAlone(t, path)
}

func TestAFileSystemThatCannotFlushFoldersIsNoError(t *testing.T) {
	for _, cause := range []error{syscall.EINVAL, syscall.ENOTSUP, syscall.ENOSYS} {
		failFlush(t, cause)
		path := filepath.Join(t.TempDir(), "x.json")
		if err := Write(path, func(io.Writer) error { return nil }); err != nil {
			t.Errorf("%v: got %v", cause, err)
		}
	}
}

func TestAFolderThatIsGoneCannotBeFlushed(t *testing.T) {
	err := SyncFolder(filepath.Join(t.TempDir(), "gone"))
	if !windows && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// assertAlone wants nothing else in path's folder.
func assertAlone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("folder holds %v", entries)
	}
}
