package recipe

import "testing"

func TestCheckValueLooksAtOneKeyAlone(t *testing.T) {
	for _, tc := range []struct{ key, text, want string }{
		{"localize.threshold", "0.5", ""},
		{"localize.threshold", "2", "2 is not in 0 to below 1, a fraction of the map's maximum"},
		{"localize.threshold", "half", `"half" is not a number and not one of auto, mean, raised-mean, otsu, energy`},
		{"localize.threshold", "otsu", ""},
		{"localize.rule", "both", `"both" is not one of largest, all`},
		{"localize.class", "", "is empty: predicted, top5, or a class by its name or index"},
		{"localize.class", "7", ""},
		{"localize.panel", "yes", "yes is not true or false"},
		{"train.schedule.steps", "3,3", "3: epochs must be positive and rising"},
		{"train.kernels", "portable", ""},
		{"localize", "x", "not a key of the recipe: localize"},
		{"localize.colour", "x", "not a key of the recipe: localize.colour"},
	} {
		got := ""
		if err := CheckValue(tc.key, tc.text); err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s=%s: %q, want %q", tc.key, tc.text, got, tc.want)
		}
	}
}
