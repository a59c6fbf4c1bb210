// Package pixels turns image files into the pixels of a network's input: it decodes them, applies
// EXIF orientation, resizes as PIL does, normalises as torchvision does, and says where the input
// lies on the image, so that boxes and maps find their way back. It knows nothing of data sets.
package pixels

import (
	"fmt"

	"acol/internal/choice"
)

// ResizeMode says how an image is brought to a size before the crop: Warp or Short.
type ResizeMode string

// The modes of resizing.
const (
	// Warp brings both sides to the size, changing the aspect.
	Warp ResizeMode = "warp"
	// Short brings the short side to the size, keeping the aspect.
	Short ResizeMode = "short"
)

// Choices are all modes.
func (ResizeMode) Choices() []string { return []string{string(Warp), string(Short)} }

// Input is the `input:` section of a recipe's `data:`. It says how an image becomes the square
// input of a network.
type Input struct {
	// Size is the side of the square input in pixels.
	Size int `mapstructure:"size"`
	// Resize is warp (both sides to Resize size, changing the aspect) or short (the short side, keeping it).
	Resize ResizeMode `mapstructure:"resize"`
	// TrainResize and TestResize are the sizes before the crop, in pixels.
	// A warp to the input size leaves nothing to crop.
	TrainResize int `mapstructure:"train_resize"`
	TestResize  int `mapstructure:"test_resize"`
}

// Validate reports everything that is wrong, each under its key relative to the section.
func (in Input) Validate(bad func(key, msg string)) {
	if in.Size < 8 || in.Size > 4096 {
		bad("size", fmt.Sprintf("%d is not in 8 to 4096 pixels", in.Size))
	}
	choice.Report(bad, "resize", in.Resize)
	for _, r := range []struct {
		key string
		v   int
	}{{"train_resize", in.TrainResize}, {"test_resize", in.TestResize}} {
		if r.v < in.Size || r.v > 8192 {
			bad(r.key, fmt.Sprintf("%d is not in %d (the input size) to 8192 pixels", r.v, in.Size))
		}
	}
}
