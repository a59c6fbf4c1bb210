package run

import "os"

// BetweenSteps makes fn what is called between the steps of setting a run aside, until undo.
func BetweenSteps(fn func()) (undo func()) {
	betweenSteps = fn
	return func() { betweenSteps = func() {} }
}

// Locks makes fn what locks files, until undo.
func Locks(fn func(*os.File) error) (undo func()) {
	old := try
	try = fn
	return func() { try = old }
}

// Ending reports whether a lock of the process would be waited for.
func Ending(host string, pid int) bool { return holder{Host: host, PID: pid}.ending() }

// LinkOrCopy is for tests that it copies.
var LinkOrCopy = linkOrCopy
