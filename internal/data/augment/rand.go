package augment

import (
	"fmt"
	"math"
	"math/rand/v2"

	"acol/internal/brief"
	"acol/internal/choice"
)

// RandAugment is the data.augment.rand_augment section of a recipe: each training image goes
// through operations that are drawn from a list of fourteen (Cubuk et al. 2020, arXiv 1909.13719),
// as in torchvision's RandAugment. They are Identity, ShearX, ShearY, TranslateX, TranslateY,
// Rotate, Brightness, Color, Contrast, Sharpness, Posterize, Solarize, AutoContrast and Equalize.
type RandAugment struct {
	// NumOps is the number of operations on each image, from 0, which is off, to 16. torchvision
	// has 2 unless told otherwise.
	NumOps int `mapstructure:"num_ops"`
	// Magnitude is the strength of all operations, from 0 to below NumMagnitudeBins.
	Magnitude int `mapstructure:"magnitude"`
	// NumMagnitudeBins is the number of strengths that there are, from 2 to 1000. At the last of
	// them an image is turned by 30 degrees, sheared by 0.3, moved by 0.45 of its side, inverted,
	// or reduced to 4 bits.
	NumMagnitudeBins int `mapstructure:"num_magnitude_bins"`
	// Interpolation says what is between pixels where an image is turned, sheared or moved. The
	// training script of torchvision has bilinear.
	//   - nearest: the nearest pixel
	//   - bilinear: four pixels by their distance
	//   - bicubic: sixteen pixels; it is the slowest
	Interpolation Interpolation `mapstructure:"interpolation"`
	// Fill is the red, green and blue of what turned, sheared and moved images leave open. Each is
	// from 0 to 255; [0, 0, 0] is black.
	Fill []int `mapstructure:"fill"`
}

// DefaultRandAugment has torchvision's parameters, and is off.
func DefaultRandAugment() RandAugment {
	return RandAugment{
		Magnitude: 9, NumMagnitudeBins: 31, Interpolation: Nearest, Fill: []int{0, 0, 0},
	}
}

// On says whether anything changes.
func (r RandAugment) On() bool { return r.NumOps > 0 }

// Validate calls bad for everything that is wrong, with the key relative to the section.
func (r RandAugment) Validate(bad func(key, msg string)) {
	const mostOps, mostBins = 16, 1000
	if r.NumOps < 0 || r.NumOps > mostOps {
		bad("num_ops", fmt.Sprintf("%d is not in 0 to %d", r.NumOps, mostOps))
	}
	if r.NumMagnitudeBins < 2 || r.NumMagnitudeBins > mostBins {
		bad("num_magnitude_bins", fmt.Sprintf("%d is not in 2 to %d", r.NumMagnitudeBins, mostBins))
	} else if r.Magnitude < 0 || r.Magnitude >= r.NumMagnitudeBins {
		bad("magnitude", fmt.Sprintf("%d is not in 0 to %d, the last of num_magnitude_bins",
			r.Magnitude, r.NumMagnitudeBins-1))
	}
	choice.Report(bad, "interpolation", r.Interpolation)
	ok := len(r.Fill) == 3
	for _, v := range r.Fill {
		ok = ok && v >= 0 && v <= 255
	}
	if !ok {
		bad("fill", brief.List(r.Fill)+" is not three values (R, G, B) in 0 to 255")
	}
}

// Placing says how operations lay an image out anew.
func (r RandAugment) Placing() Placing {
	p := Placing{Interpolation: r.Interpolation}
	for c := range min(len(p.Fill), len(r.Fill)) {
		p.Fill[c] = uint8(r.Fill[c])
	}
	return p
}

// strength is the range of an operation's values: from least at the first magnitude to most at the
// last.
type strength struct {
	kind        Kind
	least, most float64
	signed      bool // either sign is as likely
	factor      bool // Value is 1 more
}

// kinds are the operations that RandAugment draws from, in torchvision's order. A translation is
// in parts of the side.
var kinds = [...]strength{
	{kind: Identity},
	{kind: ShearX, most: 0.3, signed: true},
	{kind: ShearY, most: 0.3, signed: true},
	{kind: TranslateX, most: 150.0 / 331, signed: true},
	{kind: TranslateY, most: 150.0 / 331, signed: true},
	{kind: Rotate, most: 30, signed: true},
	{kind: Brightness, most: 0.9, signed: true, factor: true},
	{kind: Color, most: 0.9, signed: true, factor: true},
	{kind: Contrast, most: 0.9, signed: true, factor: true},
	{kind: Sharpness, most: 0.9, signed: true, factor: true},
	{kind: Posterize, least: 8, most: 4},
	{kind: Solarize, least: 255},
	{kind: AutoContrast},
	{kind: Equalize},
}

// Draw draws what is done to an image of w x h pixels, in its order.
func (r RandAugment) Draw(w, h int, rng *rand.Rand) []Op {
	ops := make([]Op, r.NumOps)
	for i := range ops {
		s := kinds[rng.IntN(len(kinds))]
		ops[i] = s.op(r.Magnitude, r.NumMagnitudeBins, w, h, s.signed && rng.IntN(2) == 1)
	}
	return ops
}

// op gives the operation at a magnitude, with the float32 values that torchvision computes.
func (s strength) op(magnitude, bins, w, h int, negative bool) Op {
	var v float64
	switch s.kind {
	case Posterize: // round half to even
		share := float32(magnitude) / float32(float64(bins-1)/(s.least-s.most))
		v = s.least - math.RoundToEven(float64(share))
	case TranslateX:
		v = linspace(s.least, s.most*float64(w), magnitude, bins)
	case TranslateY:
		v = linspace(s.least, s.most*float64(h), magnitude, bins)
	default:
		v = linspace(s.least, s.most, magnitude, bins)
	}
	if negative {
		v = -v
	}
	if s.factor {
		v++
	}
	return Op{s.kind, v}
}

// linspace is element i of torch.linspace(from, to, n), in float32. The vector code of a PyTorch
// may differ from it in the last bit, as from machine to machine.
func linspace(from, to float64, i, n int) float64 {
	first, last := float32(from), float32(to)
	step := (last - first) / float32(n-1)
	if i < n/2 {
		return float64(first + float32(step*float32(i)))
	}
	return float64(last - float32(step*float32(n-i-1)))
}
