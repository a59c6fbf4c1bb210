package loader

import (
	"image"
	"math/rand/v2"
	"sync"

	"acol/internal/data"
	"acol/internal/data/augment"
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
			from := augment.ResizedCrop(cfg.Augment.Scale, cfg.Augment.Ratio, w, h, rng)
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

// crop takes the crop that rng draws of what prepareTrain made, and finishes it.
func crop(cfg data.Config, p prepared, rng *rand.Rand, dst pixels.Inputs) error {
	var at image.Point
	if p.resized != nil {
		at = corner(cfg, p.resized.W, p.resized.H, rng)
	} else {
		var err error
		if p, err = resize(p.image, cropPlace(cfg, rng)); err != nil {
			return err
		}
	}
	return finish(cfg, p.resized, at, rng, dst)
}

// canvases are where crops are repainted, one a worker.
var canvases = sync.Pool{New: func() any { return &augment.Canvas{} }}

// finish does what comes after a crop in training, in the order of torchvision's training script:
// flip, colours, RandAugment, normalisation, erasing. It takes the crop at a place of m, which it
// does not change, and writes it to dst, the memory of one input.
func finish(
	cfg data.Config, m *pixels.RGB, at image.Point, rng *rand.Rand, dst pixels.Inputs,
) error {
	size, how := cfg.Input.Size, cfg.Augment
	flip := rng.Float64() < how.Flip
	if how.Repaints() {
		canvas := canvases.Get().(*augment.Canvas)
		defer canvases.Put(canvas)
		if err := canvas.Crop(m, at.X, at.Y, size, flip); err != nil {
			return err
		}
		repaint(canvas, how, rng)
		m, at, flip = canvas.Image, image.Point{}, false
	}
	if err := dst.Put(m, at.X, at.Y, flip); err != nil {
		return err
	}
	if how.Erasing.On() {
		how.Erasing.Apply(dst.X, size, rng)
	}
	return nil
}

// repaint does what rng draws of the colours and of RandAugment.
func repaint(canvas *augment.Canvas, how data.Augment, rng *rand.Rand) {
	placing := how.RandAugment.Placing()
	if how.ColorJitter.On() {
		for _, op := range how.ColorJitter.Draw(rng) {
			canvas.Apply(op, placing)
		}
	}
	if how.RandAugment.On() {
		for _, op := range how.RandAugment.Draw(canvas.Image.W, canvas.Image.H, rng) {
			canvas.Apply(op, placing)
		}
	}
}
