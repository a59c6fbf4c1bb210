package augment

import (
	"fmt"
	"math/rand/v2"

	"acol/internal/brief"
	"acol/internal/section"
)

// Erasing is the data.augment.erasing section of a recipe: a rectangle of some training images is
// erased once they are normalised (Zhong et al. 2020, arXiv 1708.04896), as torchvision's
// RandomErasing does it.
type Erasing struct {
	// Probability is how often an image loses a rectangle, from 0, which is off, to 1.
	Probability float64 `mapstructure:"probability"`
	// Scale is the range [least, most] of the area of the rectangle, 1 being all of the image.
	Scale []float64 `mapstructure:"scale"`
	// Ratio is the range [least, most] of height to width of the rectangle.
	Ratio []float64 `mapstructure:"ratio"`
	// Value is what the rectangle gets: one normalised value, or three for red, green and blue. [0]
	// is the mean of the data. [] draws each value from the standard normal distribution, as
	// torchvision's random does.
	Value []float64 `mapstructure:"value"`
}

// DefaultErasing has torchvision's parameters, and is off.
func DefaultErasing() Erasing {
	return Erasing{Scale: []float64{0.02, 0.33}, Ratio: []float64{0.3, 3.3}, Value: []float64{0}}
}

// On says whether anything changes.
func (e Erasing) On() bool { return e.Probability > 0 }

// Validate calls bad for everything that is wrong, with the key relative to the section.
func (e Erasing) Validate(bad func(key, msg string)) {
	section.CheckProbability(bad, "probability", e.Probability)
	CheckRange(bad, "scale", e.Scale, 0, 1)
	CheckRange(bad, "ratio", e.Ratio, 0.01, 100)
	const most = 1000
	ok := len(e.Value) == 0 || len(e.Value) == 1 || len(e.Value) == 3
	for _, v := range e.Value {
		ok = ok && v >= -most && v <= most
	}
	if !ok {
		bad("value", fmt.Sprintf("%s is not [], one value or three (R, G, B), in %d to %d",
			brief.List(e.Value), -most, most))
	}
}

// CheckRange calls bad where a value is not [low, high] within least to most.
func CheckRange(bad func(key, msg string), key string, v []float64, least, most float64) {
	if len(v) != 2 || !(v[0] >= least && v[0] <= v[1] && v[1] <= most) {
		bad(key, fmt.Sprintf("%s is not [low, high] within %g to %g", brief.List(v), least, most))
	}
}

// Apply erases a rectangle of a normalised image, float32 with the axes (3,size,size), or leaves
// it whole, as rng draws.
func (e Erasing) Apply(x []float32, size int, rng *rand.Rand) {
	if rng.Float64() >= e.Probability {
		return
	}
	w, h, ok := e.extent(size, rng.Float64)
	if !ok {
		return
	}
	top, left := rng.IntN(size-h+1), rng.IntN(size-w+1)
	for c := range 3 {
		var value float32
		switch len(e.Value) {
		case 1:
			value = float32(e.Value[0])
		case 3:
			value = float32(e.Value[c])
		}
		for y := top; y < top+h; y++ {
			row := x[(c*size+y)*size+left:][:w]
			for i := range row {
				row[i] = value
				if len(e.Value) == 0 {
					row[i] = float32(rng.NormFloat64())
				}
			}
		}
	}
}

// extent draws the sides of a rectangle that is smaller than the image; false if ten of them were
// not. uniform draws from 0 to below 1.
func (e Erasing) extent(size int, uniform func() float64) (w, h int, ok bool) {
	for range tries {
		h, w = drawSides(float64(size*size), e.Scale, e.Ratio, uniform)
		if h < size && w < size {
			return w, h, true
		}
	}
	return 0, 0, false
}
