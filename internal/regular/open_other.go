//go:build !unix

package regular

// withoutWaiting is nothing on systems whose files have no such mode.
const withoutWaiting = 0
