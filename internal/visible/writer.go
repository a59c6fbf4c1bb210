package visible

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Writer passes on what is written to it, with hidden characters as escapes. It is the last guard
// before a terminal: line breaks and tabs, which it cannot tell from the program's own, stay. A
// character that is cut in two waits for its rest. The first error of writing sticks: nothing is
// written after it, and every call returns it.
type Writer struct {
	w    io.Writer
	json bool
	rest []byte // the beginning of a character
	err  error
}

// NewWriter returns a Writer whose escapes are those of Text.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// NewJSONWriter returns a Writer for JSON, in which escapes stand for the same text: \u009b.
func NewJSONWriter(w io.Writer) *Writer { return &Writer{w: w, json: true} }

// Write writes p to the writer behind.
func (w *Writer) Write(p []byte) (int, error) {
	text, rest := whole(slices.Concat(w.rest, p))
	w.rest = rest
	if err := w.pass(text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes what waits for its rest, and returns the error of any write before.
func (w *Writer) Flush() error {
	text := w.rest
	w.rest = nil
	return w.pass(text)
}

// pass writes a text to the writer behind.
func (w *Writer) pass(text []byte) error {
	if w.err == nil && len(text) > 0 {
		_, w.err = w.w.Write(w.escaped(text))
	}
	return w.err
}

// whole cuts off the beginning of a character at the end of a text.
func whole(p []byte) (text, rest []byte) {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if tail := p[len(p)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				return p[:len(p)-n], bytes.Clone(tail)
			}
			break
		}
	}
	return p, nil
}

// escaped returns p with the escapes of hidden characters.
func (w *Writer) escaped(p []byte) []byte {
	plain := func(r rune) bool { return r == '\n' || r == '\t' }
	dirty := bytes.ContainsFunc(p, func(r rune) bool { return hidden(r) && !plain(r) })
	if !dirty && utf8.Valid(p) {
		return p
	}
	out := make([]byte, 0, len(p)+len(p)/8)
	for len(p) > 0 {
		r, n := utf8.DecodeRune(p)
		switch {
		case r == utf8.RuneError && n == 1:
			out = fmt.Appendf(out, `\x%02x`, p[0])
		case plain(r) || !hidden(r):
			out = append(out, p[:n]...)
		case w.json:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			out = append(out, escape(r)...)
		}
		p = p[n:]
	}
	return out
}
