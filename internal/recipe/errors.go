package recipe

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Error is what Load, Validate and CheckPaths return when the user has
// something to correct: the recipe, an override or a path.
type Error struct {
	Problems []Problem
	// Dropped counts the problems beyond those listed.
	Dropped int
}

// Problem is one thing to correct.
type Problem struct {
	Key   string // the dotted key, or "" when it is about a whole file
	Msg   string // what is wrong, with the value
	Where string // file:line, --set, or the environment variable; "" when not known
	Hint  string // what to write instead, or ""
	Cause error  // the error below it, or nil
}

// String is one line: "key: message (where); hint".
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

// Error lists the problems, each on its own line.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Problems)+1)
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	if e.Dropped > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", e.Dropped))
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the causes, so that errors.Is(err, fs.ErrNotExist) works.
func (e *Error) Unwrap() []error {
	var causes []error
	for _, p := range e.Problems {
		if p.Cause != nil {
			causes = append(causes, p.Cause)
		}
	}
	return causes
}

// maxProblems is as many lines as somebody reads.
const maxProblems = 50

// problems collects what is wrong.
type problems struct {
	list    []Problem
	dropped int
}

// full says that what follows is only counted, so that a hostile file cannot
// make us look for the nearest key a million times.
func (p *problems) full() bool { return len(p.list) >= maxProblems }

func (p *problems) add(x Problem) {
	if p.full() {
		p.dropped++
		return
	}
	p.list = append(p.list, x)
}

func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	return &Error{Problems: p.list, Dropped: p.dropped}
}

// show prints text from outside for a message: short, on one line, quoted when
// that is needed to see where it starts and ends.
func show(s string) string {
	s = cut(s)
	if s == "" || strings.ContainsFunc(s, func(r rune) bool {
		return r == '"' || r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}) {
		return strconv.Quote(s)
	}
	return s
}

// printable is s with what would disturb a terminal escaped, for keys.
func printable(s string) string {
	s = strconv.Quote(cut(s))
	return s[1 : len(s)-1]
}

// cut shortens text from outside to what fits in a message.
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
