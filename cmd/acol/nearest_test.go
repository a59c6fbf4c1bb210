package main

import "testing"

func TestNearestClass(t *testing.T) {
	classes := []string{"001.Black_footed_Albatross", "017.Cardinal", "010.Red_winged_Blackbird", "042.Vermilion_Flycatcher", "7", "Red fox"}
	for want, near := range map[string]string{
		"cardinal":           "017.Cardinal",
		"Cardnial":           "017.Cardinal",
		"17.cardinal":        "017.Cardinal",
		"blackbird":          "010.Red_winged_Blackbird",
		"red winged":         "010.Red_winged_Blackbird",
		"red-fox":            "Red fox",
		"black":              "010.Red_winged_Blackbird",
		"black_footed":       "001.Black_footed_Albatross",
		"Vermillion_Flycatc": "042.Vermilion_Flycatcher",
		"8":                  "7",
	} {
		if got := nearestClass(want, classes); got != near {
			t.Errorf("%s: %s, want %s", want, got, near)
		}
	}
	if got := nearestClass("x", nil); got != "" {
		t.Errorf("of no classes: %q", got)
	}
	if got := nearestClass("", []string{"a"}); got != "a" {
		t.Errorf("of no words: %q", got)
	}
}
