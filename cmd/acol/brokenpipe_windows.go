package main

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// isBrokenPipe reports whether a write failed because nobody reads the pipe any more. Which error
// says so depends on who made the pipe.
func isBrokenPipe(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA) ||
		errors.Is(err, windows.ERROR_PIPE_NOT_CONNECTED)
}

// endOfPipe ends the program, since nobody reads its results any more. Windows has no signal for
// that.
func endOfPipe(io.Writer, []byte) (int, error) {
	os.Exit(1)
	return 0, nil
}
