package eval

import (
	"context"
	"image"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/model"
)

// Sight is what an image of the split gave.
type Sight struct {
	// Index is its place in the split.
	Index  int
	Sample *data.Sample
	// Class is the class that the maps are of.
	Class int
	// Prediction is what the branches say of that class, and what classifies the image: its first
	// logits, (K).
	model.Prediction
	// Score is the fused score map over the whole image: (S,S), in 0 to 1.
	Score cam.Map
	// Cut is the fraction of its maximum that Score is cut at, and Box the box around its largest
	// region, in pixels of Score. Where the image has true boxes, Box is that of the label's class,
	// IoU its best with a true one and Ending one of Endings; otherwise NaN and empty.
	Cut    float64
	Box    box.Box
	IoU    float64
	Ending string
}

func (ev *Evaluator) sight(index int, v view, got *seen) (s Sight, err error) {
	s = Sight{
		Index: index, Sample: v.sample, Class: v.class, Prediction: v.shown, Score: got.fused,
		Cut: ev.threshold.Of(got.fused), Box: got.box, IoU: got.iou, Ending: got.outcome.ending,
	}
	if !s.Box.Valid() {
		s.Box, err = cam.LargestComponent(s.Score, s.Cut)
	}
	return s, err
}

// Images returns how many images the split has.
func (ev *Evaluator) Images() int { return len(ev.split.Samples) }

// Picture gives the image of a place in the split to use, which must not keep it, as boxes mean it.
func (ev *Evaluator) Picture(ctx context.Context, index int, use func(image.Image) error) error {
	return ev.split.Load(ctx, ev.cfg.Room(), index, use)
}

// Geometry says where the network's input lies on an image of w x h pixels.
func (ev *Evaluator) Geometry(w, h int) (pixels.Geometry, error) {
	return ev.cfg.Input.TestGeometry(w, h)
}
