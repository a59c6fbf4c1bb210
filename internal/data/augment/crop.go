package augment

import (
	"image"
	"math"
	"math/rand/v2"
)

// ResizedCrop draws the rectangle of torchvision's RandomResizedCrop on an image of w x h pixels.
// It tries up to ten times to draw an area within scale, 1 being all of the image, and a width to
// height within ratio, log-uniform, that fit. Then it takes the largest crop of the centre whose
// width to height is within ratio. Both ranges are [least, most].
func ResizedCrop(scale, ratio []float64, w, h int, rng *rand.Rand) image.Rectangle {
	cw, ch, fits := cropExtent(scale, ratio, w, h, rng.Float64)
	x, y := (w-cw)/2, (h-ch)/2
	if fits {
		x = rng.IntN(w - cw + 1)
		y = rng.IntN(h - ch + 1)
	}
	return image.Rect(x, y, x+cw, y+ch)
}

// tries is how often torchvision draws a rectangle that has to fit.
const tries = 10

// drawSides draws the sides of a rectangle as torchvision does: an area within scale, 1 being all
// of the given one, and the ratio of the first side to the second, log-uniform. uniform draws from
// 0 to below 1.
func drawSides(all float64, scale, ratio []float64, uniform func() float64) (first, second int) {
	within := func(lo, hi float64) float64 { return lo + (hi-lo)*uniform() }
	area := all * within(scale[0], scale[1])
	aspect := math.Exp(within(math.Log(ratio[0]), math.Log(ratio[1])))
	return round(math.Sqrt(area * aspect)), round(math.Sqrt(area / aspect))
}

// round rounds halves to even, as Python does.
func round(v float64) int { return int(math.RoundToEven(v)) }

// cropExtent draws the sides of the rectangle; fits says that they are drawn, and not those of the
// crop of the centre. uniform draws from 0 to below 1.
func cropExtent(
	scale, ratio []float64, w, h int, uniform func() float64,
) (cw, ch int, fits bool) {
	for range tries {
		cw, ch = drawSides(float64(w)*float64(h), scale, ratio, uniform)
		if cw > 0 && cw <= w && ch > 0 && ch <= h {
			return cw, ch, true
		}
	}
	cw, ch = w, h
	switch aspect := float64(w) / float64(h); {
	case aspect < ratio[0]:
		ch = min(max(round(float64(w)/ratio[0]), 1), h)
	case aspect > ratio[1]:
		cw = min(max(round(float64(h)*ratio[1]), 1), w)
	}
	return cw, ch, false
}
