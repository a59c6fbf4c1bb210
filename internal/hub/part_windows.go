package hub

import (
	"os"

	"golang.org/x/sys/windows"
)

// noFollow is nothing, because solelyOurs looks at what was opened.
const noFollow = 0

// solelyOurs reports whether an open file is a regular one with no other name, and its own name no
// link: another name may be one that matters elsewhere. Any user may give a file another name, but
// a symbolic link takes a privilege.
func solelyOurs(f *os.File) bool {
	open, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(f.Name())
	if err != nil || !named.Mode().IsRegular() || !os.SameFile(open, named) {
		return false
	}
	var info windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info)
	return err == nil && info.NumberOfLinks == 1
}

// isForeign is not known here: who may write to a file is said by lists of access, and the cache is
// in a folder of the user's profile.
func isForeign(os.FileInfo) bool { return false }
