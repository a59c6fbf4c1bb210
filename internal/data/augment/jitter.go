package augment

import (
	"acol/internal/section"
	"math/rand/v2"
)

// ColorJitter is the data.augment.color_jitter section of a recipe: the colours of each training
// image change at random, as torchvision's ColorJitter changes them. The changes that are on come
// in random order.
type ColorJitter struct {
	// Brightness is the most by which the factor on all values differs from 1; 0 is off. At 0.4 the
	// factor is from 0.6 to 1.4.
	Brightness float64 `mapstructure:"brightness"`
	// Contrast is the most by which the factor on the contrast differs from 1; 0 is off. It is the
	// distance of all values to the mean grey of the image.
	Contrast float64 `mapstructure:"contrast"`
	// Saturation is the most by which the factor on the saturation differs from 1; 0 is off. It is
	// the distance of each pixel to its own grey.
	Saturation float64 `mapstructure:"saturation"`
	// Hue is the most by which hues are turned in either direction; 0 is off, 0.5 half of the
	// circle. Where colours tell classes apart, it does harm.
	Hue float64 `mapstructure:"hue"`
}

// On says whether anything changes.
func (c ColorJitter) On() bool { return c != ColorJitter{} }

// Validate calls bad for everything that is wrong, with the key relative to the section.
func (c ColorJitter) Validate(bad func(key, msg string)) {
	const most = 100 // beyond that an image is black or white anyway
	for _, f := range []struct {
		key     string
		v, most float64
	}{
		{"brightness", c.Brightness, most}, {"contrast", c.Contrast, most},
		{"saturation", c.Saturation, most}, {"hue", c.Hue, 0.5},
	} {
		section.CheckRange(bad, f.key, f.v, 0, f.most)
	}
}

// Draw draws what is done to an image, in its order.
func (c ColorJitter) Draw(rng *rand.Rand) []Op {
	order := rng.Perm(4)
	var ops []Op
	for _, k := range order {
		f := []struct {
			kind         Kind
			most, centre float64
		}{
			{Brightness, c.Brightness, 1}, {Contrast, c.Contrast, 1}, {Color, c.Saturation, 1},
			{Hue, c.Hue, 0},
		}[k]
		if f.most == 0 {
			continue
		}
		low := f.centre - f.most
		if f.centre == 1 {
			low = max(low, 0)
		}
		ops = append(ops, Op{f.kind, low + (f.centre+f.most-low)*rng.Float64()})
	}
	return ops
}
