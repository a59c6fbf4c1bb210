package main

import (
	"testing"

	"acol/internal/datasets"
	"acol/internal/recipe"
)

func TestASetThatARecipeDoesNotExpectComesWithItsKeys(t *testing.T) {
	set, _ := datasets.Find("voc2007")
	s, out, messages := memoryIO()
	o := &dataGetOptions{streams: s, Dir: "data"}
	check(t, o.done(set, &datasets.Result{Made: []string{"data/VOCdevkit/VOC2007"}}))
	want := "acol: hint: acol train --config voc2012-resnet50-pp " +
		"--set data.root=data/VOCdevkit/VOC2007 --set name=voc2007-resnet50-pp " +
		"--set data.val=val --set data.test=test\n"
	if out.String() != "data/VOCdevkit/VOC2007\n" || messages.String() != want {
		t.Errorf("%s%s", out, messages)
	}
}

// What data get puts somewhere, the recipe that it names must find there.
func TestRecipesLookForDataSetsWhereTheyAreGot(t *testing.T) {
	for _, set := range datasets.All() {
		if set.Recipe == "" || len(set.Keys) > 0 {
			continue // such a set is read by the keys that the hint gives
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
