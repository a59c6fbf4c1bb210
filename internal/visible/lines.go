package visible

import (
	"errors"
	"strings"
)

// Lines returns the lines of an error's text, each made visible by Text. Only the line breaks that
// acol itself has made begin a new line: those between errors that errors.Join has joined, and
// those of an error with a method Lines() []string. A line break within a name is shown as \n.
func Lines(err error) []string {
	if e, ok := err.(interface{ Lines() []string }); ok {
		return texts(e.Lines())
	}
	text := err.Error()
	inner := wrapped(err)
	if lines, ok := joined(text, inner); ok {
		return lines
	}
	lines := []string{""}
	for _, e := range inner {
		if e == nil {
			continue
		}
		at := find(text, e.Error())
		if at < 0 {
			continue
		}
		lines = add(lines, Text(text[:at]))
		lines = add(lines, Lines(e)...)
		text = text[at+len(e.Error()):]
	}
	return add(lines, Text(text))
}

// joined returns the lines of an error that is what errors.Join makes of others.
func joined(text string, inner []error) (lines []string, ok bool) {
	if len(inner) < 2 {
		return nil, false
	}
	parts := make([]string, 0, len(inner))
	for _, e := range inner {
		if e == nil {
			return nil, false
		}
		parts = append(parts, e.Error())
		lines = append(lines, Lines(e)...)
	}
	return lines, text == strings.Join(parts, "\n")
}

// wrapped returns the errors that an error wraps.
func wrapped(err error) []error {
	if e, ok := err.(interface{ Unwrap() []error }); ok {
		return e.Unwrap()
	}
	if e := errors.Unwrap(err); e != nil {
		return []error{e}
	}
	return nil
}

// find returns where the text of a wrapped error stands, -1 where it does not. Most errors end in
// what they wrap.
func find(text, inner string) int {
	if strings.HasSuffix(text, inner) {
		return len(text) - len(inner)
	}
	return strings.Index(text, inner)
}

// add appends lines to lines: the first goes on with the last that is there.
func add(lines []string, more ...string) []string {
	lines[len(lines)-1] += more[0]
	return append(lines, more[1:]...)
}

// texts returns lines made visible.
func texts(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = Text(l)
	}
	return out
}
