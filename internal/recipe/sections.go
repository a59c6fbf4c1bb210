package recipe

import (
	"fmt"
	"slices"
	"strings"
)

// Eval is the `eval:` section: how a split is measured.
type Eval struct {
	// Class is the class whose score map MaxBoxAcc measures and --save-scoremaps
	// saves: gt (the true one, GT-known), predicted (the top-1), or one class by its name or index.
	Class string `mapstructure:"class"`
	// Threshold is the fraction of a map's maximum above which a pixel belongs
	// to the object, for the localization figures at one stated threshold. MaxBoxAcc tries all.
	Threshold float64 `mapstructure:"threshold"`
	// MapSize is the side of the score maps in pixels; the reference's is 224.
	MapSize int `mapstructure:"map_size"`
	// BatchSize is in images.
	BatchSize int `mapstructure:"batch_size"`
}

// Localize is the `localize:` section: what is shown of a user's images.
type Localize struct {
	// Class is what the maps are for: predicted (the top-1), top5 (a map for each of
	// the five most likely), or one class by its name or index.
	Class string `mapstructure:"class"`
	// Threshold is the fraction of a map's maximum above which a pixel belongs to the object.
	Threshold float64 `mapstructure:"threshold"`
	// Rule is largest (one box, of the largest connected region) or all (a box for each region).
	Rule string `mapstructure:"rule"`
	// Colormap names the colours of the overlay.
	Colormap string `mapstructure:"colormap"`
	// Opacity of the map over the image: 0 is the image alone, 1 the map alone.
	Opacity float64 `mapstructure:"opacity"`
	// BatchSize is in images.
	BatchSize int `mapstructure:"batch_size"`
	// Panel also draws the figure of the branches, the erased parts and the fused map.
	Panel bool `mapstructure:"panel"`
}

// camThreshold is the CAM paper's: a box holds what is above 20 % of the map's maximum.
const camThreshold = 0.2

// colormaps are the names that viz draws.
var colormaps = []string{"cividis", "gray", "inferno", "jet", "magma", "plasma", "turbo", "viridis"}

// DefaultEval is wsolevaluation's score map with the CAM paper's threshold.
func DefaultEval() Eval {
	return Eval{Class: "gt", Threshold: camThreshold, MapSize: 224, BatchSize: 32}
}

// DefaultLocalize draws one box for the predicted class.
func DefaultLocalize() Localize {
	return Localize{
		Class: "predicted", Threshold: camThreshold, Rule: "largest",
		Colormap: "jet", Opacity: 0.5, BatchSize: 16,
	}
}

// Validate reports everything that is wrong, each under its key relative to the section.
func (e Eval) Validate(bad func(key, msg string)) {
	if e.Class == "" {
		bad("class", "is empty: gt, predicted, or a class by its name or index")
	}
	threshold(bad, e.Threshold)
	if e.MapSize < 8 || e.MapSize > 4096 {
		bad("map_size", fmt.Sprintf("%d is not in 8 to 4096 pixels", e.MapSize))
	}
	batchSize(bad, e.BatchSize)
}

// Validate reports everything that is wrong, each under its key relative to the section.
// Whether the model has a class of that name is only known with the model.
func (l Localize) Validate(bad func(key, msg string)) {
	if l.Class == "" {
		bad("class", "is empty: predicted, top5, or a class by its name or index")
	}
	threshold(bad, l.Threshold)
	oneOf(bad, "rule", l.Rule, "largest", "all")
	oneOf(bad, "colormap", l.Colormap, colormaps...)
	if !(l.Opacity >= 0 && l.Opacity <= 1) {
		bad("opacity", fmt.Sprintf("%g is not in 0 to 1", l.Opacity))
	}
	batchSize(bad, l.BatchSize)
}

func threshold(bad func(key, msg string), v float64) {
	if !(v >= 0 && v < 1) {
		bad("threshold", fmt.Sprintf("%g is not in 0 to below 1, a fraction of the map's maximum", v))
	}
}

func batchSize(bad func(key, msg string), v int) {
	if v < 1 || v > 65_536 {
		bad("batch_size", fmt.Sprintf("%d is not in 1 to 65536 images", v))
	}
}

func oneOf(bad func(key, msg string), key, got string, want ...string) {
	if slices.Contains(want, got) {
		return
	}
	msg := fmt.Sprintf("%s is not one of %s", show(got), strings.Join(want, ", "))
	bad(key, msg)
}
