//go:build !unix

package hub

import "os"

// noFollow is not known here; links need a privilege to be made.
const noFollow = 0

// solelyOurs reports whether a file is a regular one.
func solelyOurs(st os.FileInfo) bool { return st.Mode().IsRegular() }

// isForeign is not known here.
func isForeign(os.FileInfo) bool { return false }
