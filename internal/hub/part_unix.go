//go:build unix

package hub

import (
	"os"
	"syscall"
)

// noFollow makes opening a link fail.
const noFollow = syscall.O_NOFOLLOW

// solelyOurs reports whether an open file is a regular one of this user's with no other name:
// another name may be one that matters elsewhere.
func solelyOurs(f *os.File) bool {
	st, err := f.Stat()
	if err != nil {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && st.Mode().IsRegular() && sys.Nlink == 1 && int(sys.Uid) == os.Geteuid()
}

// isForeign reports whether a file is neither this user's nor the administrator's.
func isForeign(st os.FileInfo) bool {
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && sys.Uid != 0 && int(sys.Uid) != os.Geteuid()
}
