//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filelock

import (
	"fmt"
	"os"
	"runtime"
)

// Try locks nothing on this system: its error is ErrNoLocks.
func Try(*os.File) error { return fmt.Errorf("%w: not on %s", ErrNoLocks, runtime.GOOS) }
