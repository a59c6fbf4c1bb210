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
)

const bufferSize = 1 << 20

// Write calls write with a buffered writer to a temporary file in path's folder, flushes it to the
// disk and renames it to path. If anything fails, path is left as it was and the temporary file is
// removed. A new file gets mode 0666 less the umask.
func Write(path string, write func(io.Writer) error) error {
	dir := filepath.Dir(path)
	f, err := create(dir)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	renamed := false
	defer func() {
		if !renamed { // also when write panics
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	if err := fill(f, write); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	renamed = true
	syncDir(dir)
	return nil
}

// create is os.CreateTemp, but with a mode that follows the umask.
func create(dir string) (*os.File, error) {
	const tries = 100
	for range tries {
		name := filepath.Join(dir, fmt.Sprintf(".acol-%016x.tmp", rand.Uint64()))
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("no free temporary name in %s", dir)
}

func fill(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(f, bufferSize)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// syncDir makes the rename last through a power cut where the system can; the file is whole either
// way.
func syncDir(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync()
}
