package recipe

import (
	"reflect"
	"strings"

	"acol/internal/choice"
)

// field is a key of the recipe or a section of keys.
type field struct {
	path     string // dotted, "" for the recipe itself
	name     string // the last part of path
	typ      reflect.Type
	index    []int    // where it lies below the Recipe, for reflect's FieldByIndex
	children []*field // in the order of the struct; nil for a key

	choices, suggestions []string // of a key, from its type
	// numberIsText says that a bare number is natural for a key of text, and taken as it is written:
	// depth: 18, class: 3, classes: [001, 002]. The field's tag is recipe:"number".
	numberIsText bool
}

// schema is the tree of what a recipe may say, read off the structs; keys are
// its leaves in order.
var (
	schema = newField("", reflect.TypeFor[Recipe](), nil)
	keys   = schema.leaves()
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

// child is the key or section of that name, or nil.
func (f *field) child(name string) *field {
	for _, c := range f.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// lookup finds a dotted path, or nil.
func lookup(path string) *field {
	f := schema
	for name := range strings.SplitSeq(path, ".") {
		if f = f.child(name); f == nil {
			return nil
		}
	}
	return f
}

// get is the field's value in r. An empty list is an empty slice, never nil,
// so that it prints and compares as one.
func (f *field) get(r *Recipe) any {
	v := f.in(r)
	if v.Kind() == reflect.Slice && v.IsNil() {
		v = reflect.MakeSlice(f.typ, 0, 0)
	}
	return v.Interface()
}

// in is the field within r.
func (f *field) in(r *Recipe) reflect.Value { return reflect.ValueOf(r).Elem().FieldByIndex(f.index) }

// typeName says what may be written for t.
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
