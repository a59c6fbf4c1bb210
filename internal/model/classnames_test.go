package model

import (
	"errors"
	"testing"
)

func TestAMisspeltClassHasANearestOne(t *testing.T) {
	classes := []string{
		"001.Black_footed_Albatross",
		"017.Cardinal",
		"010.Red_winged_Blackbird",
		"042.Vermilion_Flycatcher",
		"7",
		"Red fox",
	}
	for want, near := range map[string]string{
		"cardinal":           "017.Cardinal",
		"Cardnial":           "017.Cardinal",
		"17.cardinal":        "017.Cardinal",
		"blackbird":          "010.Red_winged_Blackbird",
		"red winged":         "010.Red_winged_Blackbird",
		"red-fox":            "Red fox",
		"black":              "001.Black_footed_Albatross",
		"black_footed":       "001.Black_footed_Albatross",
		"Vermillion_Flycatc": "042.Vermilion_Flycatcher",
		"8":                  "7",
	} {
		if got := nearestClass(want, classes); got != near {
			t.Errorf("%s: %s, want %s", want, got, near)
		}
	}
	cats := []string{"catamaran", "Siamese cat", "tiger cat", "cattle"}
	if got := nearestClass("cat", cats); got != "tiger cat" {
		t.Errorf("cat: %s, want the shortest name with that word", got)
	}
	if got := nearestClass("x", nil); got != "" {
		t.Errorf("of no classes: %q", got)
	}
	if got := nearestClass("", []string{"a"}); got != "a" {
		t.Errorf("of no words: %q", got)
	}
}

func TestAClassIsFoundByNameOrIndex(t *testing.T) {
	names := []string{"001.Black_cat", "2", "Cardinal / red"}
	for want, index := range map[string]int{
		"001.Black_cat": 0, "2": 1, "0": 0, "cardinal / RED": 2, "1": 1, "black cat": 0,
		"Black-Cat": 0,
	} {
		if got, err := FindClass(names, want); err != nil || got != index {
			t.Errorf("%s: class %d, %v, want %d", want, got, err, index)
		}
	}
	if got, err := FindClass([]string{"1.Cat", "2.cat", "dog"}, "CAT"); err == nil {
		t.Errorf("of two classes of one name in other case, class %d is taken", got)
	}
	for want, text := range map[string]string{
		"3": "class 3 is not in 0 to 2", "-1": "class -1 is not in 0 to 2",
		"cat":   `no class "cat"; did you mean "001.Black_cat"?`,
		"horse": `no class "horse": the 3 classes are 001.Black_cat, 2, Cardinal / red`,
	} {
		var unknown *ClassError
		if _, err := FindClass(names, want); !errors.As(err, &unknown) || err.Error() != text {
			t.Errorf("%s: error %v, want %s", want, err, text)
		}
	}
}
