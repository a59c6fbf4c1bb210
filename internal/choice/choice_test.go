package choice

import "testing"

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
