//go:build !linux

package machine

// EnoughThreads is an error where this process may not start n more threads; here it does not know.
func EnoughThreads(int) error { return nil }
