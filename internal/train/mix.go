package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"acol/internal/data/loader"
	"acol/internal/data/pixels"
	"acol/internal/model"
	"acol/internal/section"
)

// HideAndSeek is the train.hide_and_seek section of a recipe: squares of a training image are
// hidden, so that no single part of an object is enough (Kumar Singh and Lee 2017, arXiv
// 1704.04232).
type HideAndSeek struct {
	// Grids are the sides of the squares that are hidden, in pixels; [] hides none. Each image
	// draws one of them in each epoch; 0 leaves it whole. The paper has [0, 16, 32, 44, 56].
	Grids []int `mapstructure:"grids"`
	// Rate is the probability that a square is hidden, from 0 to 1.
	Rate float64 `mapstructure:"rate"`
}

// CutMix is the train.cutmix section of a recipe: a rectangle of each image comes from another of
// the batch, and the loss is of both labels by their areas (Yun et al. 2019, arXiv 1905.04899).
type CutMix struct {
	// Probability is how often a batch is mixed, from 0, which turns the method off, to 1. It is
	// for kinds p and the loss softmax.
	Probability float64 `mapstructure:"probability"`
	// Beta is the parameter of the beta distribution of the area that an image keeps, above 0. 1
	// draws all areas alike, larger values draw halves more often.
	Beta float64 `mapstructure:"beta"`
}

func (c Config) validateMethods(bad func(key, msg string)) {
	for i, g := range c.HideAndSeek.Grids {
		if g < 0 || g > 4096 {
			bad(fmt.Sprintf("hide_and_seek.grids[%d]", i),
				fmt.Sprintf("%d is not in 0 to 4096 pixels", g))
		}
	}
	section.CheckProbability(bad, "hide_and_seek.rate", c.HideAndSeek.Rate)
	section.CheckProbability(bad, "cutmix.probability", c.CutMix.Probability)
	section.CheckProbability(bad, "mixup.probability", c.MixUp.Probability)
	checkBeta(bad, "cutmix.beta", c.CutMix.Beta)
	checkBeta(bad, "mixup.alpha", c.MixUp.Alpha)
}

// checkBeta reports a parameter of which beta cannot draw.
func checkBeta(bad func(key, msg string), key string, v float64) {
	const most = 1e6 // where all draws are halves
	if !(v > 0 && v <= most) {
		bad(key, fmt.Sprintf("%g is not above 0 and at most %g", v, most))
	}
}

// Uses of randomness; each draws from a stream of its own.
const (
	forHiding uint64 = iota + 1
	forMixing
	forDropping
	forChoosing
	forSkipping
)

// stream returns a generator that is a pure function of its arguments, so that a resumed training
// goes on as one that was never interrupted.
func stream(use, seed uint64, epoch, at int) *rand.Rand {
	return rand.New(rand.NewPCG(seed^use<<56, uint64(epoch)<<32^uint64(at)))
}

// hide sets squares of an image (3,size,size) to zero, the mean of normalised data.
func (h HideAndSeek) hide(x []float32, size int, rng *rand.Rand) {
	grid := h.Grids[rng.IntN(len(h.Grids))]
	if grid == 0 {
		return
	}
	for top := 0; top < size; top += grid {
		for left := 0; left < size; left += grid {
			if rng.Float64() >= h.Rate {
				continue
			}
			right := min(left+grid, size)
			for row := top; row < min(top+grid, size); row++ {
				for c := range 3 {
					clear(x[(c*size+row)*size+left : (c*size+row)*size+right])
				}
			}
		}
	}
}

// mixed is how each image of a whole batch is mixed with the one that Of names, where it keeps the
// share Kept of itself. For CutMix that is a share of its area: it gets the rows [top,bottom) and
// columns [left,right) of the other. Otherwise Blends is true, and all of it is blended.
type mixed struct {
	Of                       []int
	Top, Bottom, Left, Right int
	Blends                   bool
	Kept                     float64
}

// draw draws the mixing of n images; false leaves the batch as it is.
func (c CutMix) draw(n, size int, rng *rand.Rand) (mixed, bool) {
	if rng.Float64() >= c.Probability {
		return mixed{}, false
	}
	side := int(float64(size) * math.Sqrt(1-beta(c.Beta, rng)))
	m := mixed{Of: rng.Perm(n)}
	y, x := rng.IntN(size), rng.IntN(size)
	m.Top, m.Bottom = max(y-side/2, 0), min(y+side/2, size)
	m.Left, m.Right = max(x-side/2, 0), min(x+side/2, size)
	m.Kept = 1 - float64((m.Bottom-m.Top)*(m.Right-m.Left))/float64(size*size)
	return m, true
}

// cut gives an image the rectangle of another.
func (m mixed) cut(in, other pixels.Inputs) {
	size := in.Size
	for row := m.Top; row < m.Bottom; row++ {
		if in.Bytes != nil {
			left, right := 3*(row*size+m.Left), 3*(row*size+m.Right)
			copy(in.Bytes[left:right], other.Bytes[left:])
			continue
		}
		for c := range 3 {
			at := (c*size + row) * size
			copy(in.X[at+m.Left:at+m.Right], other.X[at+m.Left:])
		}
	}
}

// TakesBytes reports whether Prepare can work on images as bytes: hiding and blending are of
// normalised values.
func (c Config) TakesBytes() bool {
	return len(c.HideAndSeek.Grids) == 0 && c.MixUp.Probability == 0
}

// Prepare hides and mixes the images of a batch as the recipe says, in place, and gives what they
// show. in are the batch's Inputs or a copy of them; they are bytes only where TakesBytes. A part
// of a batch is mixed with what the loader has of the others, as Loading asks it to.
func (c Config) Prepare(in pixels.Inputs, b *loader.Batch, epoch int) []model.Target {
	c.hide(in, b.Indices, epoch)
	targets := make([]model.Target, b.N)
	for i := range targets {
		targets[i].Labels = []int{b.Labels[i]}
		if b.LabelSets[i] != nil {
			targets[i].Labels = b.LabelSets[i]
		}
	}
	if m, ok := c.drawMix(b.Whole, in.Size, epoch, b.Step); ok {
		c.hide(b.Partners.Inputs, b.Partners.Indices, epoch)
		m.apply(in, b)
		for i := range targets {
			_, other := m.other(b, i)
			targets[i] = model.Target{
				Labels: []int{b.Labels[i], other}, Shares: []float64{m.Kept, 1 - m.Kept},
			}
		}
	}
	return targets
}

// hide hides squares of images, which indices number.
func (c Config) hide(in pixels.Inputs, indices []int, epoch int) {
	if len(c.HideAndSeek.Grids) == 0 {
		return
	}
	for i, index := range indices {
		c.HideAndSeek.hide(in.Range(i, i+1).X, in.Size, stream(forHiding, c.Seed, epoch, index))
	}
}

// load puts a batch into the step: its images, hidden and mixed as the recipe says, what they show,
// and what attention dropout does.
func (r *run) load(b *loader.Batch) error {
	s, seed, epoch := r.step, r.Config.Seed, r.at.Epoch
	in := b.Inputs
	in.X, in.Bytes = s.X, s.Bytes
	in.Copy(b.Inputs)
	targets := r.Config.Prepare(in, b, epoch)
	r.skip(b)
	rng := stream(forDropping, seed, epoch, b.Step)
	for i := range s.Drops() {
		s.Drop(i, rng.Float64() < r.Model.Config().Backbone.AttentionDropout.Rate)
	}
	if !r.looked {
		r.looked = true
		r.Observers.Sees(Sight{X: in.Values(), Size: r.InputSize, Targets: targets, Indices: b.Indices})
	}
	return s.SetTargets(targets)
}
