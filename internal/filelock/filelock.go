// Package filelock locks open files against other processes. A lock is the system's: it ends with
// the process that holds it, however that ends, so that a crash leaves none behind.
package filelock

import (
	"errors"
	"os"
)

// ErrHeld is of a lock that another open file has, in this process or in another one.
var ErrHeld = errors.New("locked by another")

// ErrNoLocks is of a file on a file system, or of a system, that has no locks. The error says why.
var ErrNoLocks = errors.New("no locks here")

// IsAt reports whether path names the open file. Between opening a file and locking it another
// process may have removed it, or put another one in its place.
func IsAt(f *os.File, path string) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(open, there)
}
