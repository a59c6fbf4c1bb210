//go:build linux || darwin

package datasets

import "syscall"

// freeBytes returns how many bytes this user may still write into a folder's file system.
func freeBytes(dir string) (n int64, known bool) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, false
	}
	// The types of the fields differ between systems.
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert
}
