package eval

import (
	"fmt"

	"acol/internal/section"
)

// Config is the eval section of a recipe: how a split is measured.
type Config struct {
	// Class is the class whose score map is measured and saved.
	//   - gt: the true class, as GT-known localization and MaxBoxAcc are defined
	//   - predicted: the most likely class
	//   - CLASS: one class of the data for all images, by its name or index
	Class ClassName `mapstructure:"class" recipe:"number"`
	// Threshold is where a map is cut, by a word or as a fraction of its maximum. A pixel above it
	// counts as object in the figures of localization and coverage; MaxBoxAcc tries all thresholds.
	//   - auto: what val chose for the checkpoint, a fraction or mean; without boxes in val, mean
	//   - mean: the mean of each map
	//   - otsu: Otsu's threshold of each map
	//   - energy: the level of each map above which 60 % of the sum of its values lie
	//   - FRACTION: from 0 to below 1; 0.2 is the CAM paper's
	Threshold section.Threshold `mapstructure:"threshold" recipe:"number"`
	// MapSize is the side of the score maps, in pixels, from 8 to 4096. wsolevaluation has 224.
	MapSize int `mapstructure:"map_size"`
	// BatchSize is the number of images that go through the network at once, from 1 to 65536. The
	// figures do not depend on it.
	BatchSize int `mapstructure:"batch_size"`
}

// ClassName says which class's score map is measured: a class by its name or index, or one of the
// words of Suggestions.
type ClassName string

const (
	// TrueClass is the class of the image's label.
	TrueClass ClassName = "gt"
	// TopClass is the most likely class.
	TopClass ClassName = "predicted"
)

// Suggestions lists the words that stand for no class's name.
func (ClassName) Suggestions() []string { return []string{string(TrueClass), string(TopClass)} }

// DefaultConfig is wsolevaluation's score map at the threshold that val chose.
func DefaultConfig() Config {
	return Config{Class: TrueClass, Threshold: section.Auto, MapSize: 224, BatchSize: 32}
}

// Validate reports everything that is wrong, each under its key relative to the section.
func (e Config) Validate(bad func(key, msg string)) {
	if e.Class == "" {
		bad("class", "is empty: gt, predicted, or a class by its name or index")
	}
	section.CheckThreshold(bad, "threshold", e.Threshold)
	if e.MapSize < 8 || e.MapSize > 4096 {
		bad("map_size", fmt.Sprintf("%d is not in 8 to 4096 pixels", e.MapSize))
	}
	section.CheckBatchSize(bad, "batch_size", e.BatchSize)
}
