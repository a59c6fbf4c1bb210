package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/term"

	"acol/internal/visible"
)

// streams are where a command reads and writes. Out is for results, Err for
// progress and messages.
type streams struct {
	Out, Err io.Writer
	// In is what commands read that are told to read standard input.
	In io.Reader
	// Terminal tells whether Err shows a progress bar.
	Terminal bool
	Env      []string
	// Ranks are the processes that work on a command together; nil of one alone.
	Ranks *ranks

	stopped <-chan struct{} // closed where the command is to end; nil for never

	early   *early     // what newEngine is to take; nil where nothing was opened before
	bars    io.Writer  // Err as it is, for the control characters of progress bars
	columns func() int // of the terminal behind Err, now
	bar     atomic.Pointer[bar]
}

func systemIO() *streams {
	return &streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Environ(),
		Terminal: term.IsTerminal(int(os.Stderr.Fd())),
		columns:  func() int { return columnsOf(os.Stderr) },
	}
}

// defaultColumns is the width of a terminal that does not say how wide it is.
const defaultColumns = 80

// columnsOf is the width of the terminal that a file is.
func columnsOf(f *os.File) int {
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return defaultColumns
	}
	return width
}

// guarded returns the same streams without a way for control characters to reach them, whichever
// code writes them. flush returns the error of writing results.
func (s *streams) guarded() (safe *streams, flush func() error) {
	out, messages := visible.NewWriter(s.Out), visible.NewWriter(s.Err)
	safe = &streams{
		In: s.In, Out: out, Err: messages, Terminal: s.Terminal, Env: s.Env,
		bars: s.Err, columns: s.columns,
	}
	return safe, func() error {
		_ = messages.Flush()
		return out.Flush()
	}
}

// say prints a message for the person at the terminal: lower case, no full stop.
func (s *streams) say(format string, args ...any) {
	s.makeRoom()
	visible.Values(args)
	printf(s.Err, "acol: %s\n", fmt.Sprintf(format, args...))
}

// makeRoom takes a bar away that stands where a line is to be.
func (s *streams) makeRoom() {
	if b := s.bar.Load(); b != nil {
		b.clear()
	}
}

// hint prints what to do about the message before.
func (s *streams) hint(format string, args ...any) {
	s.makeRoom()
	visible.Values(args)
	printf(s.Err, "acol: hint: %s\n", fmt.Sprintf(format, args...))
}

// note prints what a room below has to say.
func (s *streams) note(message string) { s.say("%s", message) }
