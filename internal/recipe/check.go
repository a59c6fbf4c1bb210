package recipe

import (
	"errors"
	"reflect"
	"strings"
)

// CheckValue says what is wrong with a value for one key, given as the text that --set takes: a
// text of another type, or a value out of the key's range. What depends on other keys, which have
// their defaults here, is not found. A name that is no key is an error.
func CheckValue(name, text string) error {
	f := lookup(name)
	if f == nil || f.section() {
		return errors.New("not a key of the recipe: " + printable(name))
	}
	v, err := f.fromText(text)
	if err != nil {
		return err
	}
	r := Default()
	f.in(r).Set(reflect.ValueOf(v).Convert(f.typ))
	var p problems
	r.validate(&p, func(string) bool { return true }, nil)
	for _, x := range p.list {
		if x.Key == f.path || strings.HasPrefix(x.Key, f.path+"[") {
			return errors.New(x.Msg)
		}
	}
	return nil
}
