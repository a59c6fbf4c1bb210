package main

import (
	"strings"

	"acol/internal/nearest"
)

// nearestClass is the class that a user most likely meant: the shortest one
// that contains the words, else the one with the fewest letters to change.
// Numbers in front, case and the marks between words do not count, so that
// cardinal finds 017.Cardinal.
func nearestClass(want string, classes []string) string {
	plain := make([]string, len(classes))
	for i, c := range classes {
		plain[i] = plainClass(c)
	}
	want = plainClass(want)
	best := -1
	for i, p := range plain {
		if strings.Contains(p, want) && (best < 0 || len(p) < len(plain[best])) {
			best = i
		}
	}
	if best >= 0 && want != "" {
		return classes[best]
	}
	near := nearest.Name(want, plain)
	for i, p := range plain {
		if p == near {
			return classes[i]
		}
	}
	return ""
}

// plainClass is a class's name in lower case, without a number in front and with
// spaces between the words. A name of nothing else stays as it is.
func plainClass(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune(" ._-", r) })
	if len(words) > 1 && strings.Trim(words[0], "0123456789") == "" {
		words = words[1:]
	}
	return strings.Join(words, " ")
}
