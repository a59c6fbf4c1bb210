// Package atomicfile writes files so that a reader, or a crash, never sees half of one.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"acol/internal/filelock"
	"acol/internal/regular"
)

const bufferSize = 1 << 20

// windows says that the system renames no open file, and flushes no folder.
const windows = runtime.GOOS == "windows"

// Write calls write with a buffered writer to a temporary file in path's folder, flushes it to the
// disk, renames it to path and flushes the folder. If anything fails before the last step, path is
// left as it was and the temporary file is removed. If the last one fails, path is the new file,
// but a power cut may bring the old one back. A new file gets mode 0666 less the umask.
func Write(path string, write func(io.Writer) error) error {
	return WriteFile(path, func(f *os.File) error {
		w := bufio.NewWriterSize(f, bufferSize)
		if err := write(w); err != nil {
			return err
		}
		return w.Flush()
	})
}

// WriteFile is Write for a function that wants the temporary file itself, to write at offsets.
func WriteFile(path string, write func(*os.File) error) error {
	if err := replace(path, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func replace(path string, write func(*os.File) error) error {
	// The file would take the place of a device or a pipe, where its user wants it written to.
	if info, err := os.Stat(path); err == nil {
		if err := regular.Check(path, info); err != nil {
			return err
		}
	}
	dir := filepath.Dir(path)
	f, err := create(dir)
	if err != nil {
		return err
	}
	renamed := false
	defer func() {
		if !renamed { // also when write panics
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := fill(f, write); err != nil {
		return err
	}
	if windows {
		if err := f.Close(); err != nil {
			return err
		}
	}
	if err := rename(f.Name(), path); err != nil {
		return err
	}
	renamed = true
	if !windows { // the lock says until now that the temporary file has a writer
		if err := f.Close(); err != nil {
			return err
		}
	}
	return SyncFolder(dir)
}

// rename is os.Rename, but it waits for others to close the files where the system wants that.
func rename(from, to string) error {
	const patience, pause = 2 * time.Second, 10 * time.Millisecond
	for end := time.Now().Add(patience); ; time.Sleep(pause) {
		err := os.Rename(from, to)
		if err == nil || !inTheWay(err) || time.Now().After(end) {
			return err
		}
	}
}

// create is os.CreateTemp, but with a mode that follows the umask, and a lock on the file that
// tells Clean of its writer.
func create(dir string) (*os.File, error) {
	const tries = 100
	for range tries {
		name := filepath.Join(dir, fmt.Sprintf(tempFormat, rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if claim(f) {
			return f, nil
		}
		_ = f.Close()
		_ = os.Remove(name)
	}
	return nil, fmt.Errorf("no free temporary name in %s", dir)
}

// claim locks a temporary file where there are locks, and reports whether it is still there: before
// it was locked, Clean may have taken it for that of a dead writer.
func claim(f *os.File) bool {
	if windows {
		return true // Clean cannot remove an open file there
	}
	if err := filelock.Try(f); err != nil {
		return errors.Is(err, filelock.ErrNoLocks)
	}
	return filelock.IsAt(f, f.Name())
}

func fill(f *os.File, write func(*os.File) error) error {
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}

// flush is (*os.File).Sync of a folder, which tests replace.
var flush = (*os.File).Sync

// SyncFolder makes what was created, renamed or removed in a folder last through a power cut. It
// does nothing where the system has no such thing, or where the folder may not be read.
func SyncFolder(dir string) error {
	if windows {
		return nil
	}
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("flushing the folder to the disk: %w", err)
	}
	defer d.Close()
	err = flush(d)
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil // fsync(2) gives these where a file system cannot flush folders
	}
	return fmt.Errorf("flushing the folder to the disk: %w", err)
}
