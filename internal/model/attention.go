package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
	"acol/internal/section"
)

// AttentionDropout is the model.backbone.attention_dropout section of a recipe: layers that drop
// what the network attends to most, in training alone (Choe and Shim 2019, arXiv 1908.10028).
type AttentionDropout struct {
	// Use says whether the network has these layers. In vgg, the resnets and inception they are
	// where wsolevaluation has them. In googlenet, mobilenet and squeezenet their places are acol's
	// own choice and not published ones (docs/backbones.md).
	Use bool `mapstructure:"use"`
	// Rate is the probability that a layer drops in a step, from 0 to 1. Otherwise it multiplies
	// each position by the sigmoid of its attention, the mean over the channels.
	Rate float64 `mapstructure:"rate"`
	// Threshold is the share of the largest attention from which positions are dropped, 0 to 1.
	// Smaller values drop more of the image.
	Threshold float64 `mapstructure:"threshold"`
}

func (d AttentionDropout) validate(a architecture, bad func(key, msg string)) {
	if d.Use && !a.places {
		bad("backbone.attention_dropout.use", noPlaces(a, "the layers"))
	}
	section.CheckProbability(bad, "backbone.attention_dropout.rate", d.Rate)
	section.CheckRange(bad, "backbone.attention_dropout.threshold", d.Threshold, 0, 1)
}

// attentionDrop adds an attention dropout layer behind x (N,C,h,w) where the recipe wants it and
// the graph is for training. Whether it drops or weighs in a step, the caller of TrainStep.Drop
// draws.
func (b *builder) attentionDrop(x *G.Node) *G.Node {
	d := b.cfg.Backbone.AttentionDropout
	if !d.Use || !b.train {
		return x
	}
	name := fmt.Sprintf("attention dropout %d", len(b.drops))
	choice := make([]float32, 1)
	b.drops = append(b.drops, choice)
	return b.layer(name, func() (*G.Node, error) {
		drop := leafNode(b.g, name+" choice", []int{1}, choice)
		return op.AttentionDrop(x, drop, float32(d.Threshold))
	})
}
