package main

import (
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"acol/internal/visible"
)

// shellWord is a word as a shell takes it, for command lines that are printed to be copied. It is
// in quotes where it has more than letters, digits and what no shell minds; control characters are
// escapes between $' and ', which bash and zsh turn back.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, special) {
		return s
	}
	if runtime.GOOS == "windows" {
		return `"` + s + `"` // which no name of a file there holds
	}
	if visible.Text(s) == s {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	s = strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s)
	return "$'" + visible.Text(s) + "'"
}

// special reports whether a character may mean something to a shell.
func special(r rune) bool {
	switch {
	case r >= utf8.RuneSelf:
		return visible.Text(string(r)) != string(r) || unicode.IsSpace(r)
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return false
	case r == '\\':
		return runtime.GOOS != "windows"
	}
	return !strings.ContainsRune("%+,-./:=@_", r)
}
