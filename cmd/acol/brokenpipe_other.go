//go:build !windows

package main

import (
	"errors"
	"io"
	"os/signal"
	"syscall"
)

// isBrokenPipe reports whether a write failed because nobody reads the pipe any more.
func isBrokenPipe(err error) bool { return errors.Is(err, syscall.EPIPE) }

// endOfPipe writes the rest of results to a pipe that nobody reads, which ends the program by
// SIGPIPE.
func endOfPipe(w io.Writer, rest []byte) (int, error) {
	signal.Reset(syscall.SIGPIPE)
	return w.Write(rest)
}
