package metric

import (
	"fmt"

	"acol/internal/box"
)

// Instance is a class and a box: a true object, or a guess whose box comes from
// the map of its class.
type Instance struct {
	Class int
	Box   box.Box
}

// locIoU is the IoU from which on a box is right in the ILSVRC protocol.
const locIoU = 0.5

// Localization accumulates the localization accuracies of the CAM and ACoL
// papers at one threshold, which must be stated beside them.
type Localization struct {
	images, known, top1, top5 int
}

// Add counts an image. known is the true class with the box of its map,
// whatever was predicted; guesses are predicted ones, best first, of which five
// count; truth are the instances in the image, of which there must be one. All
// boxes are in the same pixels. Top-k is right if one of the first k guesses has
// the class of an instance and an IoU of at least 0.5 with it. No guess at
// all, as for NaN logits, is wrong.
func (l *Localization) Add(known Instance, guesses []Instance, truth []Instance) error {
	if len(truth) == 0 {
		return errNoTruth
	}
	for _, list := range [][]Instance{{known}, guesses, truth} {
		for _, i := range list {
			if err := checkBoxes(i.Box); err != nil {
				return fmt.Errorf("localization: class %d: %w", i.Class, err)
			}
		}
	}
	l.images++
	if located(known, truth) {
		l.known++
	}
	for rank, g := range guesses[:min(5, len(guesses))] {
		if !located(g, truth) {
			continue
		}
		if rank == 0 {
			l.top1++
		}
		l.top5++
		break
	}
	return nil
}

func located(g Instance, truth []Instance) bool {
	for _, t := range truth {
		if t.Class == g.Class && iou(t.Box, g.Box) >= locIoU {
			return true
		}
	}
	return false
}

// Merge adds what m counted.
func (l *Localization) Merge(m *Localization) {
	l.images += m.images
	l.known += m.known
	l.top1 += m.top1
	l.top5 += m.top5
}

// LocalizationResult holds localization accuracies in percent at IoU 50.
type LocalizationResult struct {
	Images  int     `json:"images"`
	GTKnown float64 `json:"gt_known"`
	Top1    float64 `json:"top1"`
	Top5    float64 `json:"top5"`
}

// Result is over all images counted.
func (l *Localization) Result() LocalizationResult {
	return LocalizationResult{
		l.images, percent(l.known, l.images), percent(l.top1, l.images), percent(l.top5, l.images),
	}
}
