package recipe

import (
	"fmt"
	"io"
	"reflect"
	"strings"
)

// terminalWidth is how many columns the explanations for a terminal take.
const terminalWidth = 80

// WriteList writes each key with its default and the first sentence of its explanation.
func WriteList(w io.Writer, keys []Key) error {
	var b strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&b, "%s: %s\n", k.Name, k.Default)
		wrapDoc(&b, k.Summary(), "    ", terminalWidth)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteLong writes each key with its whole explanation, what may be written, its default and its
// variable.
func WriteLong(w io.Writer, keys []Key) error {
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(k.Name + "\n")
		wrapDoc(&b, k.Doc, "    ", terminalWidth)
		what := fmt.Sprintf("%s; default %s; %s", k.Type, k.Default, k.Env)
		b.WriteByte('\n')
		wrap(&b, what, "    ", "    ", terminalWidth)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// typeName says what may be written for the key.
func (f *field) typeName() string {
	if f.choices != nil {
		words := strings.Join(f.choices, ", ")
		if f.typ.Kind() == reflect.Slice {
			return "a list of " + words
		}
		return "one of " + words
	}
	if w, ok := reflect.Zero(f.typ).Interface().(interface{ Written() string }); ok {
		return w.Written()
	}
	return typeName(f.typ)
}

// hasItems says whether an explanation goes through the words that a key takes, one by one.
func hasItems(doc string) bool { return strings.Contains(doc, "\n  - ") }

// wrapDoc writes an explanation, a paragraph or an item of a list a line, in lines of at most
// width columns that begin with indent.
func wrapDoc(b *strings.Builder, doc, indent string, width int) {
	for line := range strings.SplitSeq(doc, "\n") {
		text := strings.TrimLeft(line, " ")
		if text == "" {
			b.WriteString(strings.TrimRight(indent, " ") + "\n")
			continue
		}
		first := indent + line[:len(line)-len(text)]
		hang := first
		if strings.HasPrefix(text, "- ") {
			hang += "  "
		}
		wrap(b, text, first, hang, width)
	}
}

// wrap writes the words of text in lines of at most width columns, the first of which begins with
// first and the others with hang.
func wrap(b *strings.Builder, text, first, hang string, width int) {
	at := len([]rune(first))
	b.WriteString(first)
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case at+1+n > width:
			b.WriteString("\n" + hang)
			at = len([]rune(hang))
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	b.WriteByte('\n')
}
