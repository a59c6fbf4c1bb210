package data

import (
	"fmt"

	"acol/internal/brief"
	"acol/internal/choice"
)

// Augment is the data.augment section of a recipe: what training does to an image at random.
type Augment struct {
	// Crop is the part of a training image that becomes the input.
	//   - random: a square of pixels.Input.Size anywhere in the resized image
	//   - resized: a random area and aspect of the original, torchvision's RandomResizedCrop
	//   - center: the middle of the resized image
	Crop Crop `mapstructure:"crop"`
	// Scale is the range [least, most] of the area that a resized crop takes, 1 being all of it.
	Scale []float64 `mapstructure:"scale"`
	// Ratio is the range [least, most] of width to height that a resized crop takes.
	Ratio []float64 `mapstructure:"ratio"`
	// Flip is the probability of a horizontal flip, from 0 to 1.
	Flip float64 `mapstructure:"flip"`
}

// Crop says which part of an image training takes: CropRandom, CropResized or CropCenter.
type Crop string

// The crops of training.
const (
	// CropRandom is a square of the input's size anywhere on the resized image.
	CropRandom Crop = "random"
	// CropResized is a part of the original image with a random area and aspect, resized to the
	// input's size: torchvision's RandomResizedCrop.
	CropResized Crop = "resized"
	// CropCenter is the centre of the resized image.
	CropCenter Crop = "center"
)

// Choices lists all crops.
func (Crop) Choices() []string {
	return []string{string(CropRandom), string(CropResized), string(CropCenter)}
}

// validate calls bad for everything that is wrong, with the key relative to the section.
func (a Augment) validate(bad func(key, msg string)) {
	choice.Report(bad, "crop", a.Crop)
	pair := func(key string, v []float64, least, most float64) {
		if len(v) != 2 || !(v[0] >= least && v[0] <= v[1] && v[1] <= most) {
			bad(key, fmt.Sprintf("%s is not [low, high] within %g to %g", brief.List(v), least, most))
		}
	}
	pair("scale", a.Scale, 1e-4, 1)
	pair("ratio", a.Ratio, 0.01, 100)
	if !(a.Flip >= 0 && a.Flip <= 1) {
		bad("flip", fmt.Sprintf("%g is not a probability in 0 to 1", a.Flip))
	}
}
