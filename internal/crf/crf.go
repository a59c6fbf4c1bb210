// Package crf sharpens a score map along the edges of its picture, by a fully connected
// conditional random field of two labels, object and background (Krähenbühl and Koltun,
// "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials", NIPS 2011).
//
// The field asks every two pixels to have one label, the more so the nearer they are, and the more
// alike their colours are. Its mean field is iterated a few times; the sums over all pairs of
// pixels are Gaussian filters, of places alone and of places and colours together (lattice).
package crf

import (
	"fmt"
	"math"
	"slices"

	"acol/internal/cam"
)

// Options are the parameters of the field.
type Options struct {
	// Trust is how many units of log odds the score map's whole range is worth. The odds are even
	// at the threshold.
	Trust float64
	// Colour is the weight of the pairs that are near each other and alike, Place of those that are
	// near each other, in units of log odds.
	Colour, Place float64
	// Near is the standard deviation of the places of alike pixels, as a share of the map's longer
	// side; Close is that of places alone.
	Near, Close float64
	// Alike is the standard deviation of colours, in 0 to 255.
	Alike float64
	// Rounds is how many times the mean field is updated.
	Rounds int
}

// Default are round numbers near those of the paper. docs/evaluation.md says what they reach, and
// what half and twice of each does.
func Default() Options {
	return Options{Trust: 10, Colour: 10, Place: 3, Near: 0.15, Close: 0.01, Alike: 13, Rounds: 5}
}

// check refuses what the lattice has no room for.
func (o Options) check() error {
	const finest, palest = 1. / 50, 3
	if !(o.Near >= finest && o.Close > 0 && o.Close < 1 && o.Alike >= palest) || o.Rounds < 0 {
		return fmt.Errorf("near %g, close %g, alike %g, %d rounds: want at least %g, more than 0 "+
			"and less than 1, at least %d, at least 0",
			o.Near, o.Close, o.Alike, o.Rounds, finest, palest)
	}
	return nil
}

// Refine gives a score map whose object has the edges of the picture. score has the axes (H,W) and
// values in 0 to 1; pixels are those of the picture in the same frame, (3,H,W), in 0 to 255.
// Threshold, from 0 to below 1, is where the object ends in score, and where it ends in the
// result, whose values are in 0 to 1 as well, with the maximum 1. found is false where the field
// finds no object, or nothing else; score itself is returned then.
func Refine(
	score cam.Map, pixels []float32, threshold float64, o Options,
) (refined cam.Map, found bool, err error) {
	n := score.H * score.W
	switch {
	case n == 0 || len(score.V) != n || len(pixels) != 3*n:
		return score, false, fmt.Errorf("refining a map of %dx%d: %d values, %d of the picture",
			score.H, score.W, len(score.V), len(pixels))
	case !(threshold >= 0 && threshold < 1):
		return score, false, fmt.Errorf("refining a map: threshold %g", threshold)
	}
	if err := o.check(); err != nil {
		return score, false, fmt.Errorf("refining a map: %w", err)
	}
	own := make([]float32, n) // the log odds of object that the map says
	for i, v := range score.V {
		if math.IsNaN(v) {
			v = 0
		}
		own[i] = float32(o.Trust * (min(max(v, 0), 1) - threshold))
	}
	odds := meanField(own, newPairs(score.H, score.W, pixels, o), o.Rounds)
	least, most := float64(slices.Min(odds)), float64(slices.Max(odds))
	if !(least < 0 && most > 0) {
		return score, false, nil
	}
	refined = cam.New(score.H, score.W)
	for i, v := range odds {
		if v := float64(v); v > 0 {
			refined.V[i] = min(threshold+(1-threshold)*v/most, 1)
		} else {
			refined.V[i] = threshold * (1 - v/least)
		}
	}
	return refined, true, nil
}

// meanField iterates the log odds of object of each pixel: the own ones, and what the pairs add.
func meanField(own []float32, p *pairs, rounds int) []float32 {
	odds := slices.Clone(own)
	lean := make([]float32, len(own)) // the probability of object minus that of background
	for range rounds {
		for i, v := range odds {
			lean[i] = float32(math.Tanh(float64(v) / 2))
		}
		copy(odds, own)
		p.add(odds, lean)
	}
	return odds
}

// pairs are the two kernels of the field over the pixels of a picture.
type pairs struct {
	kernels []kernel
	scratch []float32
}

// kernel sums over all pixels, weighted by a Gaussian of the distance. Each pixel's sum and part in
// the sums of others are divided by the root of its sum of ones, so that a pixel among many alike
// is not pulled harder (section 4 of the paper's supplement).
type kernel struct {
	filter func(dst, values []float32)
	root   []float32 // 1 over the root of the sum of ones
	weight float32
}

func newPairs(h, w int, pixels []float32, o Options) *pairs {
	n := h * w
	long := float64(max(h, w))
	features := make([][dims]float32, n)
	near := float32(1 / (o.Near * long))
	for i := range features {
		f := &features[i]
		f[0], f[1] = float32(i%w)*near, float32(i/w)*near
		for c := range 3 {
			if v := pixels[c*n+i]; v > 0 { // which no NaN is
				f[2+c] = min(v, 255) / float32(o.Alike)
			}
		}
	}
	close := newBlur(h, w, o.Close*long)
	p := &pairs{scratch: make([]float32, n)}
	p.take(newLattice(features).filter, o.Colour, n)
	p.take(close.filter, o.Place, n)
	return p
}

// take adds a kernel.
func (p *pairs) take(filter func(dst, values []float32), weight float64, n int) {
	const tiny = 1e-20
	k := kernel{filter: filter, root: make([]float32, n), weight: float32(weight)}
	for i := range p.scratch {
		p.scratch[i] = 1
	}
	filter(k.root, p.scratch)
	for i, v := range k.root {
		k.root[i] = float32(1 / math.Sqrt(float64(v)+tiny))
	}
	p.kernels = append(p.kernels, k)
}

// add adds to the log odds what each pixel is told by all others that lean to a label.
func (p *pairs) add(odds, lean []float32) {
	for _, k := range p.kernels {
		for i, v := range lean {
			p.scratch[i] = v * k.root[i]
		}
		k.filter(p.scratch, p.scratch)
		for i, v := range p.scratch {
			odds[i] += k.weight * v * k.root[i]
		}
	}
}
