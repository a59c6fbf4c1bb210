package recipe

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// fromNode reads a YAML value as the key's type. Nothing is converted: 3.5 is not a whole number,
// "3" in quotes is not a number, and yes is not true.
func (f *field) fromNode(n *yaml.Node) (any, error) {
	n = behindAlias(n)
	if f.typ.Kind() != reflect.Slice {
		return f.scalar(n, f.typ)
	}
	if n.Kind != yaml.SequenceNode {
		err := fmt.Errorf("%s is not %s", describe(n), f.typeName())
		if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
			err = fmt.Errorf("%w: write [%s]", err, show(n.Value))
		}
		return nil, err
	}
	list := reflect.MakeSlice(f.typ, 0, len(n.Content))
	for i, e := range n.Content {
		v, err := f.scalar(behindAlias(e), f.typ.Elem())
		if err != nil {
			return nil, fmt.Errorf("value %d of the list: %w", i+1, err)
		}
		list = reflect.Append(list, reflect.ValueOf(v))
	}
	return list.Interface(), nil
}

// fromText reads the value in --set or in a variable. Text is taken as it is unless it is in
// quotes. A list is written as in YAML, [a, b], or as values with commas between them.
func (f *field) fromText(text string) (any, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("%d bytes, at most %d", len(text), maxBytes)
	}
	kind := f.typ.Kind()
	switch {
	case kind == reflect.Slice && !strings.HasPrefix(strings.TrimSpace(text), "["):
		return f.fromNode(commaList(text, f.typ.Elem()))
	case kind == reflect.Slice || strings.HasPrefix(text, `"`) || strings.HasPrefix(text, `'`):
		var doc yaml.Node
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", show(text), err)
		}
		if len(doc.Content) != 1 {
			return nil, fmt.Errorf("%s is not %s", show(text), f.typeName())
		}
		return f.fromNode(doc.Content[0])
	}
	return f.fromNode(bareNode(strings.TrimSpace(text), f.typ))
}

// commaList makes a YAML list of text such as "0.5,0.6". Empty text is the empty list.
func commaList(text string, elem reflect.Type) *yaml.Node {
	list := &yaml.Node{Kind: yaml.SequenceNode}
	if strings.TrimSpace(text) == "" {
		return list
	}
	for v := range strings.SplitSeq(text, ",") {
		list.Content = append(list.Content, bareNode(strings.TrimSpace(v), elem))
	}
	return list
}

// bareNode makes a YAML scalar of text from a command line.
func bareNode(text string, t reflect.Type) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if t.Kind() == reflect.String {
		n.Tag = "!!str"
	}
	return n
}

// scalar reads one YAML scalar as a value of type t.
func (f *field) scalar(n *yaml.Node, t reflect.Type) (any, error) {
	wrong := fmt.Errorf("%s is not %s", describe(n), typeName(t))
	if n.Kind != yaml.ScalarNode {
		return nil, wrong
	}
	tag := n.ShortTag()
	number := tag == "!!int" || tag == "!!float"
	switch t.Kind() {
	case reflect.String:
		if tag == "!!str" || tag == "!!timestamp" || number && f.numberIsText {
			s, err := text(n.Value)
			return reflect.ValueOf(s).Convert(t).Interface(), err
		}
		if f.choices != nil {
			return nil, fmt.Errorf("%s is not one of %s", describe(n), strings.Join(f.choices, ", "))
		}
		if tag == "!!null" {
			return nil, fmt.Errorf(`%w: write "" for none`, wrong)
		}
		return nil, fmt.Errorf("%w: put it in quotes if it is meant", wrong)
	case reflect.Bool:
		if tag == "!!bool" {
			return strings.EqualFold(n.Value, "true"), nil
		}
	case reflect.Int:
		if v, err := strconv.Atoi(n.Value); err == nil && tag == "!!int" {
			return v, nil
		}
	case reflect.Uint64:
		if v, err := strconv.ParseUint(n.Value, 10, 64); err == nil && tag == "!!int" {
			return v, nil
		}
	case reflect.Float64:
		v, err := strconv.ParseFloat(n.Value, 64)
		if err == nil && number && !math.IsInf(v, 0) && !math.IsNaN(v) {
			return v, nil
		}
	}
	return nil, wrong
}

// text returns s if it is UTF-8 without control characters, which every file system, terminal and
// YAML file can carry.
func text(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", errors.New(show(s) + " is not UTF-8")
	}
	for _, r := range s {
		if r < ' ' || r == 0x7f {
			return "", errors.New(show(s) + " has a control character")
		}
	}
	return s, nil
}

// behindAlias returns what an alias stands for, and any other node as it is. YAML has no alias of
// an alias, so one step is enough.
func behindAlias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// describe returns a YAML value as messages show it.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	}
	switch {
	case n.ShortTag() == "!!null":
		return "nothing"
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0:
		return strconv.Quote(cut(n.Value))
	}
	return show(n.Value)
}
