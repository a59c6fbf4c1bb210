package main

import (
	"testing"

	"acol/internal/datasets"
	"acol/internal/recipe"
)

// What data get puts somewhere, the recipe that it names must find there.
func TestRecipesLookForDataSetsWhereTheyAreGot(t *testing.T) {
	for _, set := range datasets.All() {
		if set.Recipe == "" || set.Name == "voc2007" {
			continue // voc2007 is read by the keys that the hint gives
		}
		rec, err := recipe.Load(recipe.Options{File: set.Recipe})
		if err != nil {
			t.Errorf("%s: %v", set.Name, err)
			continue
		}
		if set.ByHand == "" && rec.Data.Root != "data/"+set.Root {
			t.Errorf("%s: %s looks in %s, not in data/%s", set.Name, set.Recipe, rec.Data.Root, set.Root)
		}
		if set.Metadata != "" && rec.Data.Metadata != "data/"+set.Metadata {
			t.Errorf("%s: %s looks in %s, not in data/%s", set.Name, set.Recipe, rec.Data.Metadata,
				set.Metadata)
		}
	}
}
