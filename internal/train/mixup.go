package train

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"acol/internal/data/loader"
	"acol/internal/data/pixels"
)

// MixUp is the train.mixup section of a recipe: each image of a batch is blended with the one
// before it, and the loss is of both labels by their shares (Zhang et al. 2018, arXiv 1710.09412),
// as in torchvision's MixUp. Where cutmix is on too, each batch draws one of the two, evenly, and
// then whether that happens.
type MixUp struct {
	// Probability is how often a batch is mixed, from 0, which turns the method off, to 1. It is
	// for kinds p and the loss softmax.
	Probability float64 `mapstructure:"probability"`
	// Alpha is the parameter of the beta distribution of the share that an image keeps, above 0. 1
	// draws all shares alike, larger values draw halves more often, and smaller ones leave most
	// images nearly whole. The training script of torchvision has 0.2.
	Alpha float64 `mapstructure:"alpha"`
}

// Mixes says whether batches are mixed, so that an image may have two labels in shares.
func (c Config) Mixes() bool { return c.CutMix.Probability > 0 || c.MixUp.Probability > 0 }

// drawMix draws how a batch of n images of size x size is mixed in a step, as the recipe says.
// False leaves it as it is.
func (c Config) drawMix(n, size, epoch, step int) (mixed, bool) {
	cut, up := c.CutMix.Probability > 0, c.MixUp.Probability > 0
	if cut && up {
		cut = stream(forChoosing, c.Seed, epoch, step).IntN(2) == 0
		up = !cut
	}
	rng := stream(forMixing, c.Seed, epoch, step)
	switch {
	case cut:
		return c.CutMix.draw(n, size, rng)
	case up:
		return c.MixUp.draw(n, rng)
	}
	return mixed{}, false
}

// draw draws the mixing of n images; false leaves the batch as it is. The batch is in random order,
// so that the image before is as good as any other.
func (c MixUp) draw(n int, rng *rand.Rand) (mixed, bool) {
	if rng.Float64() >= c.Probability {
		return mixed{}, false
	}
	m := mixed{Of: make([]int, n), Kept: beta(c.Alpha, rng), Blends: true}
	for i := range m.Of {
		m.Of[i] = (i + n - 1) % n
	}
	return m, true
}

// blend blends an image with another, in float32 as PyTorch does it.
func (m mixed) blend(x, other []float32) {
	kept, given := float32(m.Kept), float32(1-m.Kept)
	for i, v := range x {
		x[i] = float32(other[i]*given) + float32(v*kept)
	}
}

// other is the image that image i of a batch is mixed with, and its label. The image is one of the
// batch by its number, or else, with a number below 0, the partner ^number.
func (m mixed) other(b *loader.Batch, i int) (number, label int) {
	place := m.Of[b.First+i]
	if at := place - b.First; at >= 0 && at < b.N {
		return at, b.Labels[at]
	}
	at := slices.Index(b.Places, place)
	return ^at, b.Partners.Labels[at]
}

// apply mixes the images of a batch, which are in in, in place.
func (m mixed) apply(in pixels.Inputs, b *loader.Batch) {
	before := in.Clone()
	for i := range b.N {
		from := before
		at, _ := m.other(b, i)
		if at < 0 {
			from, at = b.Partners.Inputs, ^at
		}
		if one, other := in.Range(i, i+1), from.Range(at, at+1); m.Blends {
			m.blend(one.X, other.X)
		} else {
			m.cut(one, other)
		}
	}
}

// beta draws from the beta distribution with both parameters b, by three methods. Up to 8 it is
// that of Jöhnk 1964, which takes ever more tries beyond, and below 0.05 needs logarithms.
func beta(b float64, rng *rand.Rand) float64 {
	switch {
	case b > 8:
		return distuv.Beta{Alpha: b, Beta: b, Src: rng}.Rand()
	case b < 0.05:
		for {
			// u^(1/b) and v^(1/b) vanish; their ratio does not.
			u, v := math.Log(rng.Float64())/b, math.Log(rng.Float64())/b
			if most := max(u, v); most+math.Log1p(math.Exp(min(u, v)-most)) <= 0 {
				return 1 / (1 + math.Exp(v-u))
			}
		}
	}
	for {
		u, v := math.Pow(rng.Float64(), 1/b), math.Pow(rng.Float64(), 1/b)
		if s := u + v; s > 0 && s <= 1 {
			return u / s
		}
	}
}
