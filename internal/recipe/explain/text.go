package main

import (
	"fmt"
	"go/doc/comment"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// names turns names of Go into names of keys.
type names struct {
	siblings map[string]string // by field of the same struct
	full     map[string]string // by Type.Field of the same package
}

// explain turns a doc comment into the explanation of its key or section: without the name that it
// begins with, with the names of keys, each paragraph on a line of its own. The comment of a
// section's struct is "Backbone is the model.backbone section of a recipe: what it says."
func (e entry) explain() (string, error) {
	intro := e.name + " "
	if e.section {
		intro = fmt.Sprintf("%s is the %s section of a recipe: ", e.name, e.path)
	}
	text, ok := strings.CutPrefix(reflow(e.doc), intro)
	if !ok {
		return "", fmt.Errorf("the doc comment %.60q does not begin with %q", e.doc, intro)
	}
	if !e.section {
		for _, verb := range []string{"is ", "are ", "says "} {
			if rest, ok := strings.CutPrefix(text, verb); ok {
				text = rest
				break
			}
		}
	}
	if sentences, _, _ := strings.Cut(text, "\n"); !strings.HasSuffix(sentences, ".") {
		return "", fmt.Errorf("the doc comment of %s does not end with a full stop", e.name)
	}
	return capital(e.names.replace(text)), nil
}

// reflow joins the lines of each paragraph and each item of a list.
func reflow(doc string) string {
	var p comment.Parser
	out := (&comment.Printer{TextWidth: -1}).Text(p.Parse(doc))
	return strings.TrimSuffix(string(out), "\n")
}

// goName is an exported name, or two with a dot between.
var goName = regexp.MustCompile(`\b[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)?\b`)

// replace turns the names of fields into those of keys.
func (n names) replace(text string) string {
	var b strings.Builder
	last := 0
	for _, at := range goName.FindAllStringIndex(text, -1) {
		word := text[at[0]:at[1]]
		key, known := n.full[word]
		if !known {
			key, known = n.siblings[word]
			known = known && (isCamel(word) || !isWord(text[:at[0]], text[at[1]:]))
		}
		if known {
			b.WriteString(text[last:at[0]] + key)
			last = at[1]
		}
	}
	return b.String() + text[last:]
}

// isCamel says whether a name has a capital after a small letter.
func isCamel(word string) bool {
	small := strings.IndexFunc(word, unicode.IsLower)
	return small >= 0 && strings.ContainsFunc(word[small:], unicode.IsUpper)
}

// isWord says whether a name between before and after is rather a word: it begins a sentence, or
// is a person's.
func isWord(before, after string) bool {
	before = strings.TrimRight(before, " \n")
	return before == "" || strings.HasSuffix(before, ".") || strings.HasPrefix(after, "'")
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}
