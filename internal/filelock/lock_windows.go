package filelock

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"
)

// farOff is where the locked byte lies: behind all content, which others may then read.
const farOff = 1 << 30

// Try locks f without waiting. The lock lasts until f is closed, and no other open file can have it
// meanwhile. Where one has it, the error is ErrHeld; where there are no locks, it is ErrNoLocks.
func Try(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	at := &windows.Overlapped{OffsetHigh: farOff}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, at)
	switch {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return ErrHeld
	case errors.Is(err, windows.ERROR_NOT_SUPPORTED),
		errors.Is(err, windows.ERROR_INVALID_FUNCTION):
		return fmt.Errorf("%w: %w", ErrNoLocks, err)
	case err != nil:
		return &os.PathError{Op: "locking", Path: f.Name(), Err: err}
	}
	return nil
}
