// Package choice checks texts that must be one of a fixed list, such as the value of a key or of a
// flag. The list stands at a type of its own, once; whatever prints, explains or checks the
// choices reads it from there.
package choice

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"acol/internal/brief"
)

// Text is a type of text whose values are one of Choices. Choices must not depend on the value.
type Text interface {
	~string
	Choices() []string
}

// Check is nil where v is one of its choices; else the error says `"v" is not one of a, b`.
func Check[T Text](v T) error { return In(string(v), v.Choices()) }

// Report calls bad with the key and the message of Check where v is not one of its choices.
func Report[T Text](bad func(key, msg string), key string, v T) {
	Among(bad, key, string(v), v.Choices()...)
}

// Among does as Report where the list depends on other values, and so cannot stand at a type.
func Among(bad func(key, msg string), key, v string, list ...string) {
	if err := In(v, list); err != nil {
		bad(key, err.Error())
	}
}

// In is nil where v is in the list; else it is the error of Check.
func In(v string, list []string) error {
	if slices.Contains(list, v) {
		return nil
	}
	return fmt.Errorf("%s is not one of %s", brief.Quote(v), strings.Join(list, ", "))
}

// Of lists the words of type t, or of its elements if t is a slice: the choices, if it takes no
// other text; or the suggestions, if it takes any text and its method Suggestions lists words with
// a meaning of their own, such as gt for a class. Both are nil for all other types.
func Of(t reflect.Type) (choices, suggestions []string) {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch v := reflect.Zero(t).Interface().(type) {
	case interface{ Choices() []string }:
		return v.Choices(), nil
	case interface{ Suggestions() []string }:
		return nil, v.Suggestions()
	}
	return nil, nil
}
