package model

import (
	"slices"
	"testing"
)

// TestEveryChoiceOfAKeyIsValid holds Validate to the lists that the recipe prints.
func TestEveryChoiceOfAKeyIsValid(t *testing.T) {
	for key, try := range map[string]struct {
		choices []string
		set     func(c *Config, word string)
	}{
		"backbone.arch":    {Arch("").Choices(), func(c *Config, w string) { c.Backbone.Arch = Arch(w) }},
		"branches.head":    {Head("").Choices(), func(c *Config, w string) { c.Branches.Head = Head(w) }},
		"branches.fusion":  {Fusion("").Choices(), func(c *Config, w string) { c.Branches.Fusion = Fusion(w) }},
		"branches.compare": {DefaultConfig().Branches.Compare.Choices(), func(c *Config, w string) { setWord(&c.Branches.Compare, w) }},
		"loss.name":        {LossName("").Choices(), func(c *Config, w string) { c.Loss.Name = LossName(w) }},
	} {
		wrong := func(word string) (keys []string) {
			c := DefaultConfig()
			try.set(&c, word)
			c.Validate(func(key, _ string) { keys = append(keys, key) })
			return keys
		}
		for _, word := range try.choices {
			if slices.Contains(wrong(word), key) {
				t.Errorf("%s: %s is a choice and not valid", key, word)
			}
		}
		if got := wrong("no such word"); !slices.Contains(got, key) {
			t.Errorf("%s takes any word: problems of %v", key, got)
		}
	}
}

func setWord[T ~string](to *T, word string) { *to = T(word) }
