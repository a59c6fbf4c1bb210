package model

import (
	"fmt"
	"strconv"
	"strings"

	"acol/internal/brief"
	"acol/internal/nearest"
)

// ClassError says that a model has no class of a name or index.
type ClassError struct {
	Want  string
	Names []string // of the model's classes
}

func (e *ClassError) Error() string {
	if _, err := strconv.Atoi(e.Want); err == nil {
		return fmt.Sprintf("class %s is not in 0 to %d", e.Want, len(e.Names)-1)
	}
	if near := nearestClass(e.Want, e.Names); near != "" {
		return fmt.Sprintf("no class %q; did you mean %q?", e.Want, near)
	}
	const most = 10 // names that a line lists
	var names []string
	for _, name := range e.Names[:min(len(e.Names), most)] {
		names = append(names, brief.Text(name, 60))
	}
	text := fmt.Sprintf("no class %q: the %d classes are %s", e.Want, len(e.Names),
		strings.Join(names, ", "))
	if len(e.Names) > most {
		text += ", …"
	}
	return text
}

// FindClass returns the index of the class that want means among the names of a model's classes:
// the one of that name, else the one of that index, else the only one of those words, as PlainClass
// compares them. A class that is not there is a *ClassError.
func FindClass(names []string, want string) (int, error) {
	for i, c := range names {
		if c == want {
			return i, nil
		}
	}
	if i, err := strconv.Atoi(want); err == nil {
		if i >= 0 && i < len(names) {
			return i, nil
		}
		return 0, &ClassError{strconv.Itoa(i), names}
	}
	found := -1
	for i, c := range names {
		if PlainClass(c) != PlainClass(want) {
			continue
		}
		if found >= 0 {
			found = -1
			break
		}
		found = i
	}
	if found >= 0 {
		return found, nil
	}
	return 0, &ClassError{want, names}
}

// nearestClass returns the class that a user most likely meant: the shortest one that contains the
// words, as whole words before parts of others, else a mistyped one. It is empty where none is
// near. Numbers in front, case and the marks between words do not count, so that cardinal finds
// 017.Cardinal.
func nearestClass(want string, classes []string) string {
	plain := make([]string, len(classes))
	for i, c := range classes {
		plain[i] = PlainClass(c)
	}
	want = PlainClass(want)
	best, whole := -1, false
	for i, p := range plain {
		words := strings.Contains(" "+p+" ", " "+want+" ")
		if !strings.Contains(p, want) || whole && !words {
			continue
		}
		if best < 0 || words && !whole || len(p) < len(plain[best]) {
			best, whole = i, words
		}
	}
	if best >= 0 && want != "" {
		return classes[best]
	}
	near := nearest.Meant(want, plain)
	for i, p := range plain {
		if p == near {
			return classes[i]
		}
	}
	return ""
}

// PlainClass returns a class's name in lower case, without a number in front and with spaces
// between the words: indigo bunting of 014.Indigo_Bunting. A name that is nothing but a number
// stays as it is.
func PlainClass(name string) string {
	between := func(r rune) bool { return strings.ContainsRune(" ._-", r) }
	words := strings.FieldsFunc(strings.ToLower(name), between)
	if len(words) > 1 && strings.Trim(words[0], "0123456789") == "" {
		words = words[1:]
	}
	return strings.Join(words, " ")
}
