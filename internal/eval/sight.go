package eval

import (
	"context"
	"image"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/model"
	"acol/internal/scoremap"
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
	// IoU is the best of the box of the label's class with a true one, at the stated threshold, and
	// Ending one of Endings; of an image without true boxes they are NaN and empty.
	IoU    float64
	Ending string

	threshold scoremap.Threshold
	box       box.Box // of the label's class; not valid of an image without true boxes
}

func (ev *Evaluator) sight(index int, v view, got *seen) Sight {
	return Sight{
		Index: index, Sample: v.sample, Class: v.class, Prediction: v.shown, Score: got.fused,
		IoU: got.iou, Ending: got.outcome.ending, threshold: ev.threshold, box: got.box,
	}
}

// Cut returns the fraction of its maximum that Score is cut at.
func (s Sight) Cut() float64 { return s.threshold.Of(s.Score) }

// Box returns the box at that cut, in pixels of Score: that of the label's class where the image
// has true boxes, and otherwise the one around the largest region of Score.
func (s Sight) Box() (box.Box, error) {
	if s.box.Valid() {
		return s.box, nil
	}
	return cam.LargestComponent(s.Score, s.Cut())
}

// InPicture returns a box of Score in pixels of the image, whose size is w x h: all of the pixels
// that the box covers there.
func (s Sight) InPicture(b box.Box, w, h int) box.Box {
	return box.Box{
		X0: b.X0 * w / s.Score.W, Y0: b.Y0 * h / s.Score.H,
		X1: (b.X1+1)*w/s.Score.W - 1, Y1: (b.Y1+1)*h/s.Score.H - 1,
	}
}

// Images returns how many images the split has.
func (ev *Evaluator) Images() int { return len(ev.whole.Samples) }

// Picture gives the image of a place in the split to use, which must not keep it, as boxes mean it.
func (ev *Evaluator) Picture(ctx context.Context, index int, use func(image.Image) error) error {
	return ev.whole.Load(ctx, ev.room, index, use)
}

// Geometry says where the network's input lies on an image of w x h pixels.
func (ev *Evaluator) Geometry(w, h int) (pixels.Geometry, error) {
	return ev.cfg.Input.TestGeometry(w, h)
}
