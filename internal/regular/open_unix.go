//go:build unix

package regular

import "syscall"

// withoutWaiting makes opening a named pipe return at once, and keeps a terminal from becoming the
// program's own. Reading a regular file does not know of it.
const withoutWaiting = syscall.O_NONBLOCK | syscall.O_NOCTTY
