package eval

import "fmt"

// Config is the `eval:` section of a recipe: how a split is measured.
type Config struct {
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

// camThreshold is the CAM paper's: a box holds what is above 20 % of the map's maximum.
const camThreshold = 0.2

// DefaultConfig is wsolevaluation's score map with the CAM paper's threshold.
func DefaultConfig() Config {
	return Config{Class: "gt", Threshold: camThreshold, MapSize: 224, BatchSize: 32}
}

// Validate reports everything that is wrong, each under its key relative to the section.
func (e Config) Validate(bad func(key, msg string)) {
	if e.Class == "" {
		bad("class", "is empty: gt, predicted, or a class by its name or index")
	}
	threshold(bad, e.Threshold)
	if e.MapSize < 8 || e.MapSize > 4096 {
		bad("map_size", fmt.Sprintf("%d is not in 8 to 4096 pixels", e.MapSize))
	}
	batchSize(bad, e.BatchSize)
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
