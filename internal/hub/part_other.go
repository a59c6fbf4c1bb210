//go:build !unix && !windows

package hub

import "os"

// noFollow is not known here.
const noFollow = 0

// solelyOurs reports whether an open file is a regular one; other names of it are not known here.
func solelyOurs(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode().IsRegular()
}

// isForeign is not known here.
func isForeign(os.FileInfo) bool { return false }
