package choice

import (
	"reflect"
	"slices"
	"testing"
)

type fruit string

func (fruit) Choices() []string { return []string{"apple", "pear"} }

func TestAValueMustBeOneOfTheChoices(t *testing.T) {
	if err := Check(fruit("pear")); err != nil {
		t.Errorf("pear: %v", err)
	}
	for v, want := range map[fruit]string{
		"plum": `"plum" is not one of apple, pear`,
		"":     `"" is not one of apple, pear`,
	} {
		if err := Check(v); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", v, err, want)
		}
	}
}

func TestReportNamesTheKey(t *testing.T) {
	var got []string
	bad := func(key, msg string) { got = append(got, key+": "+msg) }
	Report(bad, "good", fruit("apple"))
	Report(bad, "food.fruit", fruit("plum"))
	if len(got) != 1 || got[0] != `food.fruit: "plum" is not one of apple, pear` {
		t.Errorf("reported %q", got)
	}
}

type class string

func (class) Suggestions() []string { return []string{"gt"} }

func TestOfReadsTheWordsOfAType(t *testing.T) {
	for _, tc := range []struct {
		typ                  reflect.Type
		choices, suggestions []string
	}{
		{reflect.TypeFor[fruit](), []string{"apple", "pear"}, nil},
		{reflect.TypeFor[[]fruit](), []string{"apple", "pear"}, nil},
		{reflect.TypeFor[class](), nil, []string{"gt"}},
		{reflect.TypeFor[string](), nil, nil},
		{reflect.TypeFor[[]int](), nil, nil},
	} {
		c, s := Of(tc.typ)
		if !slices.Equal(c, tc.choices) || !slices.Equal(s, tc.suggestions) {
			t.Errorf("%v: choices %q, suggestions %q", tc.typ, c, s)
		}
	}
}
