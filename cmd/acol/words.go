package main

import (
	"encoding/json"
	"fmt"
	"io"

	"acol/internal/visible"
)

// Everything that a command prints goes through the functions of this file and the methods say and
// hint of streams. They make visible what names, paths and errors hold of control characters, so
// that no word from outside moves the cursor or forges a line. A test sees to it that no other file
// of this package writes by itself.

// printf writes text whose values are made visible; the format is the program's own. An error of
// writing sticks to the stream, so that printLast and the end of the program return it.
func printf(w io.Writer, format string, args ...any) {
	_ = printLast(w, format, args...)
}

// printLast is printf for the last text of a result, and returns its error.
func printLast(w io.Writer, format string, args ...any) error {
	visible.Values(args)
	_, err := fmt.Fprintf(w, format, args...)
	return err
}

// printBar writes the line of a progress bar, which moves the cursor. Its text is visible already.
func printBar(w io.Writer, line string) { _, _ = io.WriteString(w, line) }

// printJSON writes a value as JSON with indents.
func printJSON(w io.Writer, v any) error {
	enc := newJSONLines(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// newJSONLines writes values as JSON, one a line.
func newJSONLines(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(visible.NewJSONWriter(w))
	enc.SetEscapeHTML(false)
	return enc
}
