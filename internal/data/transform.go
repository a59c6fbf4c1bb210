package data

import (
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"strings"
)

// TestInput makes the network's input of an image without augmentation: dst is
// (3,Size,Size), R, G, B, (value/255 - mean)/std. The geometry leads back to
// the image, which must be one that Load returns.
func TestInput(cfg Config, img image.Image, dst []float32) (Geometry, error) {
	g, err := TestGeometry(cfg, img.Bounds().Dx(), img.Bounds().Dy())
	if err != nil {
		return g, err
	}
	if err := checkPixels(cfg); err != nil {
		return g, err
	}
	p, err := prepareTest(cfg, img)
	if err != nil {
		return g, err
	}
	return g, newNormalizer(cfg).put(dst, p.resized, 0, 0, cfg.Input.Size, false)
}

// checkPixels validates the keys that transforms use.
func checkPixels(cfg Config) error {
	var bad []error
	cfg.Validate(func(key, msg string) {
		section, _, _ := strings.Cut(key, ".")
		switch section {
		case "input", "augment", "mean", "std", "on_error":
			bad = append(bad, fmt.Errorf("data.%s: %s", key, msg))
		}
	})
	return errors.Join(bad...)
}

// prepared is what of an image's transform is the same in every epoch: resized
// pixels, or the image itself where each epoch resizes another crop of it.
type prepared struct {
	resized *rgb
	image   image.Image
}

// prepareTest resizes and crops.
func prepareTest(cfg Config, img image.Image) (prepared, error) {
	g, err := TestGeometry(cfg, img.Bounds().Dx(), img.Bounds().Dy())
	if err != nil {
		return prepared{}, err
	}
	window := image.Rect(g.CropX, g.CropY, g.CropX+g.Size, g.CropY+g.Size)
	out, err := resize(img, img.Bounds(), g.ResizedW, g.ResizedH, window)
	return prepared{resized: out}, err
}

// prepareTrain resizes, if the crop is of the resized image.
func prepareTrain(cfg Config, img image.Image) (prepared, error) {
	if cfg.Augment.Crop == "resized" {
		return prepared{image: img}, nil
	}
	g, err := newGeometry(cfg.Input, cfg.Input.TrainResize, img.Bounds().Dx(), img.Bounds().Dy())
	if err != nil {
		return prepared{}, err
	}
	out, err := resize(img, img.Bounds(), g.ResizedW, g.ResizedH, image.Rect(0, 0, g.ResizedW, g.ResizedH))
	return prepared{resized: out}, err
}

// augment crops and flips what prepareTrain made into dst, (3,Size,Size).
func augment(cfg Config, norm *normalizer, p prepared, rng *rand.Rand, dst []float32) error {
	size := cfg.Input.Size
	m, x, y := p.resized, 0, 0
	switch cfg.Augment.Crop {
	case "resized":
		crop := resizedCrop(cfg.Augment, p.image.Bounds().Dx(), p.image.Bounds().Dy(), rng)
		out, err := resize(p.image, crop, size, size, image.Rect(0, 0, size, size))
		if err != nil {
			return err
		}
		m = out
	case "random":
		x, y = rng.IntN(m.w-size+1), rng.IntN(m.h-size+1)
	default:
		x, y = centered(m.w, size), centered(m.h, size)
	}
	return norm.put(dst, m, x, y, size, rng.Float64() < cfg.Augment.Flip)
}

// resizedCrop draws torchvision's RandomResizedCrop: up to ten tries at an area
// in Scale and an aspect (log-uniform) in Ratio, then the largest centred crop within Ratio.
func resizedCrop(a Augment, w, h int, rng *rand.Rand) image.Rectangle {
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

// normalizer maps 8-bit values to the network's: in float32 as torchvision's ToTensor and Normalize do.
type normalizer [3][256]float32

func newNormalizer(cfg Config) *normalizer {
	n := &normalizer{}
	for c := range n {
		mean, std := float32(cfg.Mean[c]), float32(cfg.Std[c])
		for v := range n[c] {
			n[c][v] = (float32(v)/255 - mean) / std
		}
	}
	return n
}

// put writes the size x size pixels of m from (x,y) on to dst (3,size,size), mirrored if flip.
func (n *normalizer) put(dst []float32, m *rgb, x, y, size int, flip bool) error {
	plane := size * size
	if len(dst) != 3*plane {
		return fmt.Errorf("writing the input: room for %d values, want (3,%d,%d)", len(dst), size, size)
	}
	if x < 0 || y < 0 || x+size > m.w || y+size > m.h {
		return fmt.Errorf("cropping %dx%d at (%d,%d): image has %dx%d", size, size, x, y, m.w, m.h)
	}
	step := 1
	if flip {
		step = -1
	}
	for row := range size {
		src := m.pix[((y+row)*m.w+x)*3:][:3*size]
		at := row * size
		if flip {
			at += size - 1
		}
		for i := 0; i+2 < len(src); i += 3 {
			dst[at] = n[0][src[i]]
			dst[at+plane] = n[1][src[i+1]]
			dst[at+2*plane] = n[2][src[i+2]]
			at += step
		}
	}
	return nil
}
