//go:build !unix

package device

import "io/fs"

// modesCount says that modes of files do not say who may write them: a user's cache folder is the
// user's alone there.
const modesCount = false

// isOwn is not known here.
func isOwn(fs.FileInfo) bool { return true }
