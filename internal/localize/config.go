package localize

import (
	"fmt"

	"acol/internal/choice"
	"acol/internal/model"
	"acol/internal/section"
	"acol/internal/viz"
)

// Config is the localize section of a recipe: what is shown of a user's images.
type Config struct {
	// Class is the class that a map is for.
	//   - predicted: the most likely class
	//   - top5: a map for each of the five most likely classes
	//   - CLASS: one class of the model, by its name or index
	Class ClassName `mapstructure:"class" recipe:"number"`
	// Method is how the map of a class is made. All but cam work at any layer of any classifier,
	// and see the first branch alone.
	//   - cam: from the heads, as it was trained
	//   - gradcam: each channel of a layer by the mean of its gradient
	//   - gradcam++: by its positive gradients and their higher derivatives
	//   - layercam: each value by its own positive gradient; sharp at early layers
	//   - xgradcam: each channel by the mean of its gradient where it is active
	//   - scorecam: each channel by the logit of the image under it; needs no gradient, and a pass
	//     through the network for each channel
	Method model.MapMethod `mapstructure:"method"`
	// Layer is the layer whose output all methods but cam look at. It has torchvision's name, such
	// as layer3 or features.12. Empty is the backbone's last; acol inspect lists those of a
	// network.
	Layer string `mapstructure:"layer"`
	// Threshold is where a map is cut, by a word or as a fraction of its maximum. A pixel above it
	// counts as object. Smaller fractions give larger boxes.
	//   - auto: what val chose for the checkpoint, a fraction or mean; without boxes in val, mean,
	//     or of other methods than cam raised-mean
	//   - mean: the mean of each map
	//   - raised-mean: 1.25 times the mean of each map
	//   - otsu: Otsu's threshold of each map
	//   - energy: the level of each map above which 60 % of the sum of its values lie
	//   - FRACTION: from 0 to below 1; 0.2 is the CAM paper's
	Threshold section.Threshold `mapstructure:"threshold" recipe:"number"`
	// Rule says which of the connected regions above the threshold get a box.
	//   - largest: the largest alone
	//   - all: each of them
	Rule Rule `mapstructure:"rule"`
	// MinProbability is the least probability of a class whose boxes are kept, from 0 to 1.
	MinProbability float64 `mapstructure:"min_prob"`
	// MinArea is the least area of a box that is kept, as a share of the picture, from 0 to 1.
	MinArea float64 `mapstructure:"min_area"`
	// Refine says whether score maps are sharpened along the edges of the picture. A fully
	// connected CRF does so before boxes and masks are taken from them.
	Refine bool `mapstructure:"refine"`
	// Colormap is the colours that a map is drawn in.
	Colormap Colormap `mapstructure:"colormap"`
	// Opacity is the share of the map over the picture: 0 is the picture alone, 1 the map alone.
	Opacity float64 `mapstructure:"opacity"`
	// BatchSize is the number of images that go through the network at once, from 1 to 65536.
	BatchSize int `mapstructure:"batch_size"`
	// Panel says whether a panel of all branches is drawn too. It shows the image, the map of each
	// branch, what was erased, and the fused map.
	Panel bool `mapstructure:"panel"`
}

// ClassName says which class a map is for: a class by its name or index, or one of the words of
// Suggestions.
type ClassName string

const (
	// Predicted is the most likely class.
	Predicted ClassName = "predicted"
	// Top5 are the five most likely classes, each with a map of its own.
	Top5 ClassName = "top5"
)

// Suggestions lists the words that stand for no class's name.
func (ClassName) Suggestions() []string { return []string{string(Predicted), string(Top5)} }

// Rule says which regions of a map get a box.
type Rule string

const (
	// Largest boxes the largest connected region.
	Largest Rule = "largest"
	// All boxes each connected region.
	All Rule = "all"
)

// Choices lists the rules.
func (Rule) Choices() []string { return []string{string(Largest), string(All)} }

// Colormap is the name of a colour map of viz.
type Colormap string

// Choices lists the colour maps that viz draws.
func (Colormap) Choices() []string { return viz.Names() }

// DefaultConfig draws one box for the predicted class.
func DefaultConfig() Config {
	return Config{
		Class: Predicted, Method: model.CAM, Threshold: section.Auto, Rule: Largest,
		Colormap: "jet", Opacity: 0.5, BatchSize: 16,
	}
}

// Maps says where the maps come from.
func (l Config) Maps() model.MapSource { return model.MapSource{Method: l.Method, Layer: l.Layer} }

// Validate reports everything that is wrong, each under its key relative to the section.
// Whether the model has a class of that name is only known with the model.
func (l Config) Validate(bad func(key, msg string)) {
	choice.Report(bad, "rule", l.Rule)
	choice.Report(bad, "colormap", l.Colormap)
	if l.Class == "" {
		bad("class", "is empty: predicted, top5, or a class by its name or index")
	}
	l.Maps().Validate(bad)
	section.CheckThreshold(bad, "threshold", l.Threshold)
	for _, share := range []struct {
		key string
		v   float64
	}{{"min_prob", l.MinProbability}, {"min_area", l.MinArea}, {"opacity", l.Opacity}} {
		if !(share.v >= 0 && share.v <= 1) {
			bad(share.key, fmt.Sprintf("%g is not in 0 to 1", share.v))
		}
	}
	section.CheckBatchSize(bad, "batch_size", l.BatchSize)
}
