// Package visible makes words from outside fit for a terminal. Names of files, classes and tensors,
// answers of servers and values of recipes may hold control characters, which move the cursor,
// colour or hide text, turn the direction of writing round, or begin a new line that looks like one
// of acol's own. This package writes every such character as an escape that can be seen, such as
// \x1b or \n. Words in any language, emoji included, stay as they are.
package visible

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden reports whether a character must not reach a terminal from outside: the control
// characters (C0, DEL and C1), the separators of lines and paragraphs, the controls of the
// direction of writing, and the byte order mark.
func hidden(r rune) bool {
	const (
		lineSeparator, paragraphSeparator = '\u2028', '\u2029'
		byteOrderMark                     = '\ufeff'
	)
	switch r {
	case lineSeparator, paragraphSeparator, byteOrderMark:
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// clean reports whether a text has neither a hidden character nor bytes that are not UTF-8.
func clean(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return utf8.ValidString(s) && !strings.ContainsFunc(s, hidden)
		}
		if s[i] < ' ' || s[i] == del {
			return false
		}
	}
	return true
}

// del is the last of ASCII's control characters.
const del = 0x7f

// Text returns a text as one line of a terminal shows it. Each hidden character becomes its escape
// in Go: \n, \r and \t, \x1b below U+0080, \u202e above. A byte that is not UTF-8 becomes \xff. A
// text without any is returned as it is, and so is the result of Text.
func Text(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// escape returns the escape of a hidden character.
func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// Values makes the arguments of a format visible, in place: whatever a verb prints of one of them
// goes through Text, except for %q, which escapes by itself. Numbers and truth values stay what
// they are, since a format may take a width from them.
func Values(args []any) {
	for i, a := range args {
		switch a.(type) {
		case value, nil, bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64,
			float32, float64:
		default:
			args[i] = value{a}
		}
	}
}

// value is an argument of a format whose text goes through Text.
type value struct{ any }

// Format prints the value by any verb.
func (v value) Format(f fmt.State, verb rune) {
	shown := v.any
	if err, ok := shown.(error); ok && (verb == 'v' || verb == 's') {
		shown = strings.Join(Lines(err), "; ")
	}
	_, _ = io.WriteString(f, Text(fmt.Sprintf(fmt.FormatString(f, verb), shown)))
}
