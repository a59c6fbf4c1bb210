//go:build unix

package device

import (
	"io/fs"
	"os"
	"syscall"
)

// modesCount says that modes of files say who may read and write them.
const modesCount = true

// isOwn reports whether a file is this user's.
func isOwn(info fs.FileInfo) bool {
	sys, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == os.Geteuid()
}
