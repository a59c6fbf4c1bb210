//go:build !windows

package filelock

import "os"

// Remove removes the file at path, which f has open, and closes f. The name goes while f's lock is
// held, so that nobody can have the same lock by this file. The error is that of os.Remove.
func Remove(f *os.File, path string) error {
	err := os.Remove(path)
	_ = f.Close()
	return err
}
