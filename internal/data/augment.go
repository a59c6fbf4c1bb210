package data

import (
	"acol/internal/choice"
	"acol/internal/data/augment"
	"acol/internal/section"
)

// Augment is the data.augment section of a recipe: what training does to an image at random. The
// order is crop, flip, color_jitter, rand_augment, normalisation, erasing.
type Augment struct {
	// Crop is the part of a training image that becomes the input.
	//   - random: a square of data.input.size pixels anywhere in the resized image
	//   - resized: a random area and aspect of the original, torchvision's RandomResizedCrop
	//   - center: the middle of the resized image
	Crop Crop `mapstructure:"crop"`
	// Scale is the range [least, most] of the area that a resized crop takes, 1 being all of it.
	Scale []float64 `mapstructure:"scale"`
	// Ratio is the range [least, most] of width to height that a resized crop takes.
	Ratio []float64 `mapstructure:"ratio"`
	// Flip is the probability of a horizontal flip, from 0 to 1.
	Flip        float64             `mapstructure:"flip"`
	ColorJitter augment.ColorJitter `mapstructure:"color_jitter"`
	RandAugment augment.RandAugment `mapstructure:"rand_augment"`
	Erasing     augment.Erasing     `mapstructure:"erasing"`
}

// Repaints says whether the pixels of a crop change, and not their place alone.
func (a Augment) Repaints() bool { return a.ColorJitter.On() || a.RandAugment.On() }

// defaultAugment is random crops and flips alone.
func defaultAugment() Augment {
	return Augment{
		Crop: CropRandom, Scale: []float64{0.08, 1}, Ratio: []float64{0.75, 1.3333333333333333},
		Flip:        0.5,
		RandAugment: augment.DefaultRandAugment(), Erasing: augment.DefaultErasing(),
	}
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
	augment.CheckRange(bad, "scale", a.Scale, 1e-4, 1)
	augment.CheckRange(bad, "ratio", a.Ratio, 0.01, 100)
	section.CheckProbability(bad, "flip", a.Flip)
	a.ColorJitter.Validate(func(key, msg string) { bad("color_jitter."+key, msg) })
	a.RandAugment.Validate(func(key, msg string) { bad("rand_augment."+key, msg) })
	a.Erasing.Validate(func(key, msg string) { bad("erasing."+key, msg) })
}
