package recipe

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:generate go run ./explain
//go:generate go test . -run ^TestPagesAreCurrent$ -update

// Key describes one key of a recipe. All of it is read from the field that holds the key's value:
// its type, its doc comment, and its value in the defaults.
type Key struct {
	Name    string // the dotted name: train.batch_size
	Env     string // the variable that sets it: ACOL_TRAIN_BATCH_SIZE
	Type    string // what may be written: "text", "a list of numbers", "one of ge, gt"
	Default string // as YAML
	Doc     string // the explanation; its first sentence says what the key is
	// Choices are all words that the key takes, or that the elements of its list may be; nil where
	// it takes any value of its type.
	Choices []string
	// Suggestions are the words with a meaning of their own, of a key that takes any text.
	Suggestions []string

	list, boolean bool
}

// Keys lists every key in the order of the recipe.
func Keys() []Key { return keysOf(keys) }

// KeysBelow lists the key of that name, or the keys of the section of that name; "" is the whole
// recipe. It is empty where there is no such key or section.
func KeysBelow(name string) []Key {
	f := schema
	if name != "" {
		f = lookup(name)
	}
	if f == nil {
		return nil
	}
	return keysOf(f.leaves())
}

// KeysNamed lists KeysBelow a name or, where there is no such key or section, the keys below those
// whose last words it is: "ema" stands for train.ema, and "name" for several keys.
func KeysNamed(name string) []Key {
	if list := KeysBelow(name); len(list) > 0 {
		return list
	}
	return slices.DeleteFunc(Keys(), func(k Key) bool {
		return !strings.Contains("."+k.Name+".", "."+name+".")
	})
}

func keysOf(fields []*field) []Key {
	defaults := Default()
	list := make([]Key, 0, len(fields))
	for _, f := range fields {
		list = append(list, Key{
			Name: f.path, Env: f.env(), Type: f.typeName(), Default: asYAML(f.get(defaults)),
			Doc: explanations[f.path], Choices: f.choices, Suggestions: f.suggestions,
			list: f.typ.Kind() == reflect.Slice, boolean: f.typ.Kind() == reflect.Bool,
		})
	}
	return list
}

// Summary is the first sentence of the explanation.
func (k Key) Summary() string { return firstSentence(k.Doc) }

func firstSentence(doc string) string {
	line, _, _ := strings.Cut(doc, "\n")
	if end := strings.Index(line, ". "); end >= 0 {
		return line[:end+1]
	}
	return line
}

// Words are the values that a shell may offer for the key: its choices or suggestions.
func (k Key) Words() []string {
	if k.boolean {
		return []string{"true", "false"}
	}
	return slices.Concat(k.Choices, k.Suggestions)
}

// Complete lists what the text of --set may go on as: names of keys with the = behind them, or,
// once a key is there, its words.
func Complete(text string) []string {
	name, value, chosen := strings.Cut(text, "=")
	var out []string
	for _, k := range Keys() {
		switch {
		case chosen && k.Name == name:
			for _, w := range k.Words() {
				if strings.HasPrefix(w, value) {
					out = append(out, name+"="+w)
				}
			}
		case !chosen && strings.HasPrefix(k.Name, text):
			out = append(out, k.Name+"=")
		}
	}
	return out
}

// CompleteName lists the keys and sections whose names begin with text.
func CompleteName(text string) []string {
	var out []string
	var visit func(f *field)
	visit = func(f *field) {
		for _, c := range f.children {
			if strings.HasPrefix(c.path, text) {
				out = append(out, c.path)
			}
			visit(c)
		}
	}
	visit(schema)
	return out
}

// asYAML prints a value on one line.
func asYAML(v any) string {
	n := new(yaml.Node)
	if err := n.Encode(v); err != nil {
		return ""
	}
	if n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle
	}
	raw, err := yaml.Marshal(n)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(raw), "\n")
}
