package recipe

import (
	"reflect"
	"strings"

	"acol/internal/choice"
)

// field is a key of the recipe, or a section.
type field struct {
	path     string // dotted, "" for the recipe itself
	name     string // the last part of path
	typ      reflect.Type
	index    []int    // where it lies below the Recipe, for reflect's FieldByIndex
	children []*field // in the order of the struct; nil for a key

	choices, suggestions []string // of a key, from its type
	// numberIsText says that a number without quotes is natural for a key of text, and taken as it
	// is written: depth: 18, class: 3, classes: [001, 002]. The field's tag is recipe:"number".
	numberIsText bool
}

var (
	// schema is the tree of all sections and keys, as the structs below Recipe declare it.
	schema = newField("", reflect.TypeFor[Recipe](), nil)
	// keys are the leaves of schema, in their order.
	keys = schema.leaves()
)

func newField(path string, t reflect.Type, index []int) *field {
	f := &field{path: path, name: path[strings.LastIndexByte(path, '.')+1:], typ: t, index: index}
	if t.Kind() != reflect.Struct {
		f.choices, f.suggestions = choice.Of(t)
		return f
	}
	for i := range t.NumField() {
		sf := t.Field(i)
		name := strings.TrimPrefix(path+"."+sf.Tag.Get("mapstructure"), ".")
		below := append(append([]int(nil), index...), i)
		c := newField(name, sf.Type, below)
		c.numberIsText = sf.Tag.Get("recipe") == "number"
		f.children = append(f.children, c)
	}
	return f
}

func (f *field) section() bool { return f.typ.Kind() == reflect.Struct }

func (f *field) leaves() []*field {
	if !f.section() {
		return []*field{f}
	}
	var out []*field
	for _, c := range f.children {
		out = append(out, c.leaves()...)
	}
	return out
}

// child returns the key or section of that name in section f, or nil.
func (f *field) child(name string) *field {
	for _, c := range f.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// lookup returns the key or section at a dotted path, or nil.
func lookup(path string) *field {
	f := schema
	for name := range strings.SplitSeq(path, ".") {
		if f = f.child(name); f == nil {
			return nil
		}
	}
	return f
}

// get returns the value of the key in r. An empty list is an empty slice, never nil, so that it
// prints and compares as one.
func (f *field) get(r *Recipe) any {
	v := f.in(r)
	if v.Kind() == reflect.Slice && v.IsNil() {
		v = reflect.MakeSlice(f.typ, 0, 0)
	}
	return v.Interface()
}

// in returns the variable in r that holds the key's value.
func (f *field) in(r *Recipe) reflect.Value {
	return reflect.ValueOf(r).Elem().FieldByIndex(f.index)
}

// typeName returns what may be written for a value of type t, or "" for a type that no key has.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number from 0"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		switch t.Elem().Kind() {
		case reflect.String:
			return "a list of texts"
		case reflect.Int:
			return "a list of whole numbers"
		case reflect.Float64:
			return "a list of numbers"
		}
	}
	return ""
}
