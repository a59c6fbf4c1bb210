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

// testPlace is the placement of evaluation: the crop of the resized image.
func testPlace(cfg data.Config) pixels.Place {
	return func(w, h int) (pixels.Placement, error) {
		g, err := cfg.Input.TestGeometry(w, h)
		return g.Placement(image.Rect(0, 0, g.Size, g.Size).Add(image.Pt(g.CropX, g.CropY))), err
	}
}

// trainPlace is the placement of all that training crops from, where that is a resized image.
func trainPlace(cfg data.Config) pixels.Place {
	return func(w, h int) (pixels.Placement, error) {
		g, err := cfg.Input.TrainGeometry(w, h)
		return g.Placement(image.Rect(0, 0, g.ResizedW, g.ResizedH)), err
	}
}

// cropPlace is the placement of one crop of training, which rng draws.
func cropPlace(cfg data.Config, rng *rand.Rand) pixels.Place {
	square := image.Rect(0, 0, cfg.Input.Size, cfg.Input.Size)
	return func(w, h int) (pixels.Placement, error) {
		if cfg.Augment.Crop == data.CropResized {
			from := resizedCrop(cfg.Augment, w, h, rng)
			return pixels.Placement{From: from, W: square.Dx(), H: square.Dy(), Window: square}, nil
		}
		g, err := cfg.Input.TrainGeometry(w, h)
		if err != nil {
			return pixels.Placement{}, err
		}
		return g.Placement(square.Add(corner(cfg, g.ResizedW, g.ResizedH, rng))), nil
	}
}

// corner gives the place of the crop of training on a resized image of w x h pixels.
func corner(cfg data.Config, w, h int, rng *rand.Rand) image.Point {
	size := cfg.Input.Size
	if cfg.Augment.Crop == data.CropRandom {
		x := rng.IntN(w - size + 1)
		return image.Pt(x, rng.IntN(h-size+1))
	}
	return image.Pt(pixels.Centered(w, size), pixels.Centered(h, size))
}

// prepareTest resizes an image and takes the crop of evaluation.
func prepareTest(cfg data.Config, img image.Image) (prepared, error) {
	return resize(img, testPlace(cfg))
}

// prepareTrain resizes an image, unless training crops the original.
func prepareTrain(cfg data.Config, img image.Image) (prepared, error) {
	if cfg.Augment.Crop == data.CropResized {
		return prepared{image: img}, nil
	}
	return resize(img, trainPlace(cfg))
}

// resize prepares an image by a placement.
func resize(img image.Image, place pixels.Place) (prepared, error) {
	p, err := place(img.Bounds().Dx(), img.Bounds().Dy())
	if err != nil {
		return prepared{}, err
	}
	m, err := pixels.Resize(img, p.From, p.W, p.H, p.Window)
	return prepared{resized: m}, err
}

// augment crops and flips what prepareTrain made, and writes it to dst, float32 with the axes
// (3,Size,Size).
func augment(
	cfg data.Config, norm *pixels.Normalizer, p prepared, rng *rand.Rand, dst []float32,
) error {
	var at image.Point
	if p.resized != nil {
		at = corner(cfg, p.resized.W, p.resized.H, rng)
	} else {
		var err error
		if p, err = resize(p.image, cropPlace(cfg, rng)); err != nil {
			return err
		}
	}
	return norm.Put(dst, p.resized, at.X, at.Y, cfg.Input.Size, flips(cfg, rng))
}

// flips draws whether a training image is mirrored, which comes after its crop.
func flips(cfg data.Config, rng *rand.Rand) bool { return rng.Float64() < cfg.Augment.Flip }

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
