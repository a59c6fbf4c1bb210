package loader

import (
	"image"
	"math"
	"math/rand/v2"

	"acol/internal/data"
	"acol/internal/data/pixels"
)

// prepared is the part of an image's transform that is the same in every epoch: the resized
// pixels, or the image itself if every epoch resizes another crop of it.
type prepared struct {
	resized *pixels.RGB
	image   image.Image
}

// prepareTest resizes an image and takes the crop of evaluation.
func prepareTest(cfg data.Config, img image.Image) (prepared, error) {
	m, _, err := cfg.Input.TestView().Pixels(cfg.Input, img)
	return prepared{resized: m}, err
}

// prepareTrain resizes an image, unless training crops the original.
func prepareTrain(cfg data.Config, img image.Image) (prepared, error) {
	if cfg.Augment.Crop == data.CropResized {
		return prepared{image: img}, nil
	}
	g, err := cfg.Input.TrainGeometry(img.Bounds().Dx(), img.Bounds().Dy())
	if err != nil {
		return prepared{}, err
	}
	whole := image.Rect(0, 0, g.ResizedW, g.ResizedH)
	out, err := pixels.Resize(img, img.Bounds(), g.ResizedW, g.ResizedH, whole)
	return prepared{resized: out}, err
}

// augment crops and flips what prepareTrain made, and writes it to dst, float32 with the axes
// (3,Size,Size).
func augment(
	cfg data.Config, norm *pixels.Normalizer, p prepared, rng *rand.Rand, dst []float32,
) error {
	size := cfg.Input.Size
	m, x, y := p.resized, 0, 0
	switch cfg.Augment.Crop {
	case data.CropResized:
		crop := resizedCrop(cfg.Augment, p.image.Bounds().Dx(), p.image.Bounds().Dy(), rng)
		out, err := pixels.Resize(p.image, crop, size, size, image.Rect(0, 0, size, size))
		if err != nil {
			return err
		}
		m = out
	case data.CropRandom:
		x, y = rng.IntN(m.W-size+1), rng.IntN(m.H-size+1)
	default:
		x, y = pixels.Centered(m.W, size), pixels.Centered(m.H, size)
	}
	return norm.Put(dst, m, x, y, size, rng.Float64() < cfg.Augment.Flip)
}

// resizedCrop draws the rectangle of torchvision's RandomResizedCrop on an image of w x h pixels.
// It tries up to ten times to draw an area in Scale and an aspect in Ratio, log-uniform, that
// fit, and then takes the largest crop of the centre with an aspect in Ratio.
func resizedCrop(a data.Augment, w, h int, rng *rand.Rand) image.Rectangle {
	uniform := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	round := func(v float64) int { return int(math.RoundToEven(v)) }
	at := func(x, y, cw, ch int) image.Rectangle { return image.Rect(x, y, x+cw, y+ch) }
	for range 10 {
		area := float64(w) * float64(h) * uniform(a.Scale[0], a.Scale[1])
		aspect := math.Exp(uniform(math.Log(a.Ratio[0]), math.Log(a.Ratio[1])))
		cw, ch := round(math.Sqrt(area*aspect)), round(math.Sqrt(area/aspect))
		if cw > 0 && cw <= w && ch > 0 && ch <= h {
			return at(rng.IntN(w-cw+1), rng.IntN(h-ch+1), cw, ch)
		}
	}
	cw, ch := w, h
	switch aspect := float64(w) / float64(h); {
	case aspect < a.Ratio[0]:
		ch = min(max(round(float64(w)/a.Ratio[0]), 1), h)
	case aspect > a.Ratio[1]:
		cw = min(max(round(float64(h)*a.Ratio[1]), 1), w)
	}
	return at((w-cw)/2, (h-ch)/2, cw, ch)
}
