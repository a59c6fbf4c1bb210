package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// streams are where a command reads and writes. Out is for results, Err for
// progress and messages.
type streams struct {
	Out, Err io.Writer
	// Terminal tells whether Err shows a progress bar.
	Terminal bool
	Env      []string
}

func systemIO() *streams {
	return &streams{
		Out: os.Stdout, Err: os.Stderr, Env: os.Environ(),
		Terminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// say prints a message for the person at the terminal: lower case, no full stop.
func (s *streams) say(format string, args ...any) {
	fmt.Fprintf(s.Err, "acol: "+format+"\n", args...)
}

// hint prints what to do about the message before.
func (s *streams) hint(format string, args ...any) {
	fmt.Fprintf(s.Err, "acol: hint: "+format+"\n", args...)
}

// note prints what a room below has to say.
func (s *streams) note(message string) { s.say("%s", message) }
