package localize

import (
	"fmt"
	"slices"
	"strings"

	"acol/internal/viz"
)

// Config is the `localize:` section of a recipe: what is shown of a user's images.
type Config struct {
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

// DefaultConfig draws one box for the predicted class.
func DefaultConfig() Config {
	return Config{
		Class: "predicted", Threshold: camThreshold, Rule: "largest",
		Colormap: "jet", Opacity: 0.5, BatchSize: 16,
	}
}

// Validate reports everything that is wrong, each under its key relative to the section.
// Whether the model has a class of that name is only known with the model.
func (l Config) Validate(bad func(key, msg string)) {
	if l.Class == "" {
		bad("class", "is empty: predicted, top5, or a class by its name or index")
	}
	threshold(bad, l.Threshold)
	oneOf(bad, "rule", l.Rule, "largest", "all")
	oneOf(bad, "colormap", l.Colormap, viz.Names()...)
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
	msg := fmt.Sprintf("%q is not one of %s", got, strings.Join(want, ", "))
	bad(key, msg)
}
