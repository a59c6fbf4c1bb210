//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package filelock

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// none are the errors of flock(2) that say that there are no locks: of an NFS without its lock
// daemon, and of file systems that do not implement the call.
var none = []error{unix.ENOLCK, unix.ENOSYS, unix.ENOTSUP, unix.EOPNOTSUPP}

// Try locks f without waiting. The lock lasts until f is closed, and no other open file can have it
// meanwhile. Where one has it, the error is ErrHeld; where there are no locks, it is ErrNoLocks.
func Try(f *os.File) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	locked := error(unix.EINTR)
	for errors.Is(locked, unix.EINTR) {
		err = conn.Control(func(fd uintptr) {
			locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
		})
		if err != nil {
			return err
		}
	}
	switch {
	case errors.Is(locked, unix.EWOULDBLOCK):
		return ErrHeld
	case slices.ContainsFunc(none, func(e error) bool { return errors.Is(locked, e) }):
		return fmt.Errorf("%w: %w", ErrNoLocks, locked)
	case locked != nil:
		return &os.PathError{Op: "locking", Path: f.Name(), Err: locked}
	}
	return nil
}
