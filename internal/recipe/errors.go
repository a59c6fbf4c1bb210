package recipe

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"acol/internal/brief"
)

// Error lists what the user has to correct, in the file, in an override or on the disk. Load,
// Validate and CheckPaths return it.
type Error struct {
	Problems []Problem
	// Dropped is the number of further problems, which are not listed.
	Dropped int
}

// Problem is one thing to correct.
type Problem struct {
	Key   string // the dotted key, or "" where it is about a whole file
	Msg   string // what is wrong, with the value
	Where string // file:line, --set, or the environment variable; "" where it is not known
	Hint  string // what to write instead, or ""
	Cause error  // the error that this one reports, or nil
}

// String returns the problem on one line: "key: message (where); hint".
func (p Problem) String() string {
	var b strings.Builder
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Msg)
	if p.Where != "" {
		b.WriteString(" (" + p.Where + ")")
	}
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Error returns the problems, one on each line.
func (e *Error) Error() string { return strings.Join(e.Lines(), "\n") }

// Lines returns the problems, each of which is one line.
func (e *Error) Lines() []string {
	lines := make([]string, 0, len(e.Problems)+1)
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	if e.Dropped > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", e.Dropped))
	}
	return lines
}

// Unwrap returns the causes, so that errors.Is(err, fs.ErrNotExist) works.
func (e *Error) Unwrap() []error {
	var causes []error
	for _, p := range e.Problems {
		if p.Cause != nil {
			causes = append(causes, p.Cause)
		}
	}
	return causes
}

// maxMessage is the length of a message or hint in bytes, whatever long value it quotes.
const maxMessage = 1000

// maxProblems is how many problems are listed: nobody reads more lines.
const maxProblems = 50

// problems collects up to maxProblems problems, and counts the others.
type problems struct {
	list    []Problem
	dropped int
}

// full reports that further problems are only counted. Looking for the nearest key a million times
// would let a hostile file keep acol busy.
func (p *problems) full() bool { return len(p.list) >= maxProblems }

func (p *problems) add(x Problem) {
	if p.full() {
		p.dropped++
		return
	}
	x.Msg, x.Hint = brief.Text(x.Msg, maxMessage), brief.Text(x.Hint, maxMessage)
	p.list = append(p.list, x)
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &Error{Problems: p.list, Dropped: p.dropped}
}

// show returns text from outside as messages show it: short, on one line, and in quotes where its
// beginning and end would not be seen otherwise.
func show(s string) string {
	s = cut(s)
	if s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return r == '"' || r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}) {
		return strconv.Quote(s)
	}
	return s
}

// printable returns the name of a key as messages show it: short, and with everything escaped that
// could disturb a terminal.
func printable(s string) string {
	s = strconv.Quote(cut(s))
	return s[1 : len(s)-1]
}

// cut returns the beginning of text from outside that fits into a message.
func cut(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	end := most
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
