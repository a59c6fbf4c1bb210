package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"acol/internal/visible"
)

// streams are where a command reads and writes. Out is for results, Err for
// progress and messages.
type streams struct {
	Out, Err io.Writer
	// Terminal tells whether Err shows a progress bar.
	Terminal bool
	Env      []string

	bars io.Writer // Err as it is, for the control characters of progress bars
}

func systemIO() *streams {
	return &streams{
		Out: os.Stdout, Err: os.Stderr, Env: os.Environ(),
		Terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// guarded returns the same streams without a way for control characters to reach them, whichever
// code writes them. flush returns the error of writing results.
func (s *streams) guarded() (safe *streams, flush func() error) {
	out, messages := visible.NewWriter(s.Out), visible.NewWriter(s.Err)
	safe = &streams{Out: out, Err: messages, Terminal: s.Terminal, Env: s.Env, bars: s.Err}
	return safe, func() error {
		_ = messages.Flush()
		return out.Flush()
	}
}

// say prints a message for the person at the terminal: lower case, no full stop.
func (s *streams) say(format string, args ...any) {
	visible.Values(args)
	printf(s.Err, "acol: %s\n", fmt.Sprintf(format, args...))
}

// hint prints what to do about the message before.
func (s *streams) hint(format string, args ...any) {
	visible.Values(args)
	printf(s.Err, "acol: hint: %s\n", fmt.Sprintf(format, args...))
}

// note prints what a room below has to say.
func (s *streams) note(message string) { s.say("%s", message) }
