// Package pixels turns image files into the input of a network. It decodes them, applies EXIF
// orientation, resizes as PIL does and normalises as torchvision does. It also says where the input
// lies on the image, so that boxes and maps can be brought back to it. It knows nothing of data
// sets.
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

// Choices lists all modes.
func (ResizeMode) Choices() []string { return []string{string(Warp), string(Short)} }

// Input is the data.input section of a recipe: how an image becomes the square input of a network.
type Input struct {
	// Size is the side of the network's square input, in pixels, from 8 to 4096.
	Size int `mapstructure:"size"`
	// Resize says how an image is resized to TrainResize or TestResize before the crop.
	//   - warp: both sides get that length, which changes the aspect
	//   - short: the shorter side gets that length, which keeps the aspect
	Resize ResizeMode `mapstructure:"resize"`
	// TrainResize is the size before the crop of training, in pixels, from Size to 8192. The more
	// it is above Size, the more the random crops differ.
	TrainResize int `mapstructure:"train_resize"`
	// TestResize is the size before the centre crop of evaluation, in pixels, from Size to 8192.
	// With warp and the value of Size nothing is cropped, and the map covers the whole image.
	TestResize int `mapstructure:"test_resize"`
	// Scaled decodes a large JPEG at 1/2, 1/4 or 1/8 of its size for training and evaluation. It
	// does so where that is still no smaller than the size to which the image is resized. It is
	// faster for photographs much larger than the input, and changes the pixels a little. Only
	// native builds do so, and `acol localize` and the ten crops of an evaluation never do.
	Scaled bool `mapstructure:"scaled"`
}

// Validate calls bad for everything that is wrong, with the key relative to the section.
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
