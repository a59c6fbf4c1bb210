package eval

import (
	"context"
	"image"

	"acol/internal/cam"
	"acol/internal/data"
)

// Sight is what an image of the split gave.
type Sight struct {
	// Index is its place in the split.
	Index  int
	Sample *data.Sample
	// Class is the class that the maps are of.
	Class int
	// Logits are the first branch's, (K).
	Logits []float32
	// Maps are those of the branches, (h,w) of the feature map, and Fused is the maximum of those
	// that the recipe fuses. All are in 0 to 1.
	Maps  []cam.Map
	Fused cam.Map
	// Score is the fused score map over the whole image: (S,S), in 0 to 1.
	Score cam.Map
}

func (ev *Evaluator) sight(index int, v view, score cam.Map) Sight {
	return Sight{
		Index: index, Sample: v.sample, Class: v.class, Logits: v.logits,
		Maps: v.shown.Maps, Fused: v.shown.Fused, Score: score,
	}
}

// Images returns how many images the split has.
func (ev *Evaluator) Images() int { return len(ev.split.Samples) }

// Picture gives the image of a place in the split to use, which must not keep it, as boxes mean it.
func (ev *Evaluator) Picture(ctx context.Context, index int, use func(image.Image) error) error {
	return ev.split.Load(ctx, ev.cfg.Room(), index, use)
}
