package eval

import (
	"fmt"

	"acol/internal/model"
	"acol/internal/section"
)

// Config is the eval section of a recipe: how a split is measured.
type Config struct {
	// Class is the class whose score map is measured and saved.
	//   - gt: the true class, as GT-known localization and MaxBoxAcc are defined
	//   - predicted: the most likely class
	//   - CLASS: one class of the data for all images, by its name or index
	Class ClassName `mapstructure:"class" recipe:"number"`
	// Method is how the maps are made, as localize.method says it.
	//   - cam: from the heads, as it was trained
	//   - gradcam: by the mean gradient of each channel of a layer
	//   - gradcam++: by its positive gradients and their higher derivatives
	//   - layercam: by the positive gradient of each value of a layer
	//   - xgradcam: by the gradient of each channel where it is active
	//   - scorecam: by the channels of a layer as masks; slow
	Method model.MapMethod `mapstructure:"method"`
	// Layer is the layer of all methods but cam, as localize.layer says it. Empty is the backbone's
	// last.
	Layer string `mapstructure:"layer"`
	// Threshold is where a map is cut, by a word or as a fraction of its maximum. A pixel above it
	// counts as object in the figures of localization and coverage; MaxBoxAcc tries all thresholds.
	//   - auto: what val chose for the checkpoint, a fraction or mean; without boxes in val, mean,
	//     or of other methods than cam raised-mean
	//   - mean: the mean of each map
	//   - raised-mean: 1.25 times the mean of each map
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
	return Config{
		Class: TrueClass, Method: model.CAM, Threshold: section.Auto, MapSize: 224, BatchSize: 32,
	}
}

// Maps says where the maps come from.
func (e Config) Maps() model.MapSource { return model.MapSource{Method: e.Method, Layer: e.Layer} }

// Validate reports everything that is wrong, each under its key relative to the section.
func (e Config) Validate(bad func(key, msg string)) {
	if e.Class == "" {
		bad("class", "is empty: gt, predicted, or a class by its name or index")
	}
	e.Maps().Validate(bad)
	section.CheckThreshold(bad, "threshold", e.Threshold)
	if e.MapSize < 8 || e.MapSize > 4096 {
		bad("map_size", fmt.Sprintf("%d is not in 8 to 4096 pixels", e.MapSize))
	}
	section.CheckBatchSize(bad, "batch_size", e.BatchSize)
}
