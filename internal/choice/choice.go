// Package choice checks texts that must be one of a fixed list, such as the value of a key or of a
// flag. The list stands at a type of its own, once; whatever prints, explains or checks the
// choices reads it from there.
package choice

import (
	"fmt"
	"slices"
	"strings"
)

// Text is a type of text whose values are one of Choices. Choices must not depend on the value.
type Text interface {
	~string
	Choices() []string
}

// Check is nil where v is one of its choices; else the error says `"v" is not one of a, b`.
func Check[T Text](v T) error {
	if all := v.Choices(); !slices.Contains(all, string(v)) {
		return fmt.Errorf("%q is not one of %s", string(v), strings.Join(all, ", "))
	}
	return nil
}

// Report calls bad with the key and the message of Check where v is not one of its choices.
func Report[T Text](bad func(key, msg string), key string, v T) {
	if err := Check(v); err != nil {
		bad(key, err.Error())
	}
}
