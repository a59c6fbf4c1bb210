// Package regular opens the files that a user or a data set names. It never waits: what is no
// regular file, such as a named pipe that nobody writes to, is refused and not opened.
package regular

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"syscall"
)

// ErrKind is the cause of every error about a path that names something other than a regular file.
var ErrKind = errors.New("not a regular file")

// Lacking reports whether an error says nothing about a file, but that the process or the machine
// has no descriptor or no memory left to open or read it.
func Lacking(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.ENOMEM)
}

// Open opens the regular file at path for reading; links are followed. Where path names a folder,
// a named pipe, a socket or a device, the error says which and is ErrKind. Any other error is that
// of os.Open.
func Open(path string) (*os.File, error) {
	info, err := os.Stat(path)
	var p *fs.PathError
	if errors.As(err, &p) {
		p.Op = "open" // which is what the caller wants to do
	}
	if err == nil {
		err = Check(path, info)
	}
	if err != nil {
		return nil, err
	}
	// Something else may have taken the file's place since: opening must not wait for it.
	f, err := os.OpenFile(path, os.O_RDONLY|withoutWaiting, 0)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		err = Check(path, info)
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// ReadFile reads the regular file at path. The errors are those of Open and of reading.
func ReadFile(path string) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	const spare = 512 // bytes.Buffer wants some room to see the end without growing
	var all bytes.Buffer
	all.Grow(int(min(info.Size(), math.MaxInt-spare)) + spare)
	_, err = all.ReadFrom(f)
	return all.Bytes(), err
}

// Check returns an ErrKind unless info, which os.Stat gave for path, is of a regular file.
func Check(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return &kindError{path, kind(info.Mode())}
}

// kindError says what a path names instead of a regular file.
type kindError struct{ path, kind string }

func (e *kindError) Error() string { return fmt.Sprintf("%s is %s, not a file", e.path, e.kind) }

func (e *kindError) Is(target error) bool { return target == ErrKind }

// kind names what is no regular file.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "something else"
}
