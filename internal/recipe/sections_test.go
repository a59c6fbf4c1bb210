package recipe

import (
	"strings"
	"testing"
)

func TestEvalAndLocalizeNameWhatIsWrong(t *testing.T) {
	for _, tc := range []struct {
		name string
		set  func(*Recipe)
		want string
	}{
		{"eval class", func(r *Recipe) { r.Eval.Class = "" }, "eval.class: is empty: gt, predicted, or a class by its name or index"},
		{"threshold 1", func(r *Recipe) { r.Eval.Threshold = "1" }, "eval.threshold: 1 is not in 0 to below 1, a fraction of the map's maximum"},
		{"threshold NaN", func(r *Recipe) { r.Eval.Threshold = "NaN" }, `eval.threshold: "NaN" is not a number and not one of auto, mean, raised-mean, otsu, energy`},
		{"threshold of no rule", func(r *Recipe) { r.Localize.Threshold = "otzu" }, `localize.threshold: "otzu" is not a number and not one of auto, mean, raised-mean, otsu, energy`},
		{"threshold of a rule", func(r *Recipe) { r.Eval.Threshold, r.Localize.Threshold = "otsu", "0.35" }, ""},
		{"map size", func(r *Recipe) { r.Eval.MapSize = 0 }, "eval.map_size: 0 is not in 8 to 4096 pixels"},
		{"eval batch", func(r *Recipe) { r.Eval.BatchSize = 0 }, "eval.batch_size: 0 is not in 1 to 65536 images"},
		{"localize class", func(r *Recipe) { r.Localize.Class = "" }, "localize.class: is empty: predicted, top5, or a class by its name or index"},
		{"localize threshold", func(r *Recipe) { r.Localize.Threshold = "-0.1" }, "localize.threshold: -0.1 is not in 0 to below 1, a fraction of the map's maximum"},
		{"rule", func(r *Recipe) { r.Localize.Rule = "" }, `localize.rule: "" is not one of largest, all`},
		{"opacity", func(r *Recipe) { r.Localize.Opacity = 1.5 }, "localize.opacity: 1.5 is not in 0 to 1"},
		{"localize batch", func(r *Recipe) { r.Localize.BatchSize = 70_000 }, "localize.batch_size: 70000 is not in 1 to 65536 images"},
		{"no name", func(r *Recipe) { r.Name = "" }, "name: is empty"},
		{"name with a slash", func(r *Recipe) { r.Name = "a/b" }, "name: a/b cannot name a folder: no slashes, no leading dot"},
		{"hidden name", func(r *Recipe) { r.Name = ".." }, "name: .. cannot name a folder: no slashes, no leading dot"},
		{"long name", func(r *Recipe) { r.Name = strings.Repeat("n", 201) },
			"name: " + strings.Repeat("n", 60) + "… is 201 bytes long, at most 200"},
		{"threshold 0, a class index, all boxes", func(r *Recipe) {
			r.Eval.Threshold, r.Localize.Class, r.Localize.Rule = "0", "3", "all"
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Default()
			r.Data.Root, r.Data.Metadata = "images", "meta"
			tc.set(r)
			err := r.Validate()
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || err.Error() != tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}
