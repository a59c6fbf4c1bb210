package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
	"acol/internal/section"
)

// depthLayer is a stochastic depth layer (Huang et al. 2016, arXiv 1603.09382) in torchvision's row
// mode: in training it drops the residual of each image with its own draw, and divides what it
// keeps by the probability of keeping it.
type depthLayer struct {
	rate     float64
	channels int
	factors  []float32 // (images,channels), each image's all alike
}

// validateDepth reports a rate of stochastic depth that is none, or that the family cannot use.
func (b Backbone) validateDepth(a architecture, bad func(key, msg string)) {
	skipping := familiesOf(func(a architecture) bool { return a.skips })
	const key = "backbone.stochastic_depth"
	section.CheckProbability(bad, key, b.StochasticDepth)
	if rate := b.StochasticDepth; rate > 0 && rate <= 1 && !a.skips {
		bad(key, fmt.Sprintf("%s is trained without it; these are trained with it: %s",
			a.name, skipping))
	}
}

// skip adds a stochastic depth layer behind the residual x (N,C,h,w) of a block where the graph is
// for training and the layer's share of the recipe's rate, in 0 to 1, is not 0. It keeps all images
// until TrainStep.Skip says otherwise.
func (b *builder) skip(name string, x *G.Node, share float64) *G.Node {
	rate := b.cfg.Backbone.StochasticDepth * share
	if rate == 0 || !b.train || b.err != nil {
		return x
	}
	s := x.Shape()
	l := depthLayer{rate, s[1], make([]float32, max(b.devices, 1)*s[0]*s[1])}
	for i := range l.factors {
		l.factors[i] = 1
	}
	b.depths = append(b.depths, l)
	name += " stochastic depth"
	return b.layer(name, func() (*G.Node, error) {
		factors := b.perImage(name+" factors", []int{s[0], s[1], 1, 1}, l.factors)
		return op.ScaleChannels(x, factors)
	})
}

// Depths returns how many stochastic depth layers there are.
func (s *TrainStep) Depths() int { return len(s.depths) }

// DepthRate returns the probability with which stochastic depth layer i drops an image's residual.
func (s *TrainStep) DepthRate(i int) float64 { return s.depths[i].rate }

// Skip sets whether stochastic depth layer i drops the residual of an image of the batch in the
// next runs.
func (s *TrainStep) Skip(i, image int, skip bool) {
	l, factor := s.depths[i], float32(0)
	if !skip {
		factor = 1 / float32(1-l.rate)
	}
	row := l.factors[image*l.channels:][:l.channels]
	for c := range row {
		row[c] = factor
	}
}
