// Package metric measures classification and localization by the rules of the wsolevaluation
// code (Choe et al., CVPR 2020) and of the ILSVRC localization protocol that the CAM and ACoL
// papers use. It knows nothing of models, files or figures' names; package eval does.
//
// It has two kinds of things. What one image says: IoU, Rank, Coverage, BoxHits and PixelBins.
// And the accumulators of what many images say: Curve, PixelCurve and Mean, each with Add for
// an image, Merge for what another worker added, and its results. Accumulators hold integers
// alone, so that results are the same to the last bit in whatever order images come. None is
// safe for concurrent use.
package metric

import (
	"fmt"

	"acol/internal/box"
)

// IoU returns the intersection over union of two boxes with inclusive ends, whose extent is
// X1-X0+1. A box that is not Valid (a negative coordinate, or ends in the wrong order) is an
// error.
//
// Example: (1,2)-(5,6) and (3,1)-(4,5) give 8/27.
func IoU(a, b box.Box) (float64, error) {
	if err := checkBoxes(a, b); err != nil {
		return 0, err
	}
	return iou(a, b), nil
}

// iou returns the IoU of valid boxes. The denominator of those is positive; the reference's rule
// for others, 0, is kept.
func iou(a, b box.Box) float64 {
	both := Intersection(a, b)
	either := a.Area() + b.Area() - both
	if either <= 0 {
		return 0
	}
	return float64(both) / float64(either)
}

// Intersection returns the number of pixels that two boxes with inclusive ends share.
func Intersection(a, b box.Box) int {
	w := min(a.X1, b.X1) - max(a.X0, b.X0) + 1
	h := min(a.Y1, b.Y1) - max(a.Y0, b.Y0) + 1
	return max(0, w) * max(0, h)
}

// BestIoU returns the best IoU of a box with any of the true ones, 0 where there are none. A box
// that is not Valid is an error.
func BestIoU(b box.Box, truth []box.Box) (float64, error) {
	if err := checkBoxes(b); err != nil {
		return 0, err
	}
	if err := checkBoxes(truth...); err != nil {
		return 0, fmt.Errorf("true %w", err)
	}
	return bestIoU(b, truth), nil
}

// bestIoU is BestIoU of boxes that were checked.
func bestIoU(b box.Box, truth []box.Box) float64 {
	best := 0.0
	for _, t := range truth {
		best = max(best, iou(b, t))
	}
	return best
}

// maxCoordinate keeps areas within an int.
const maxCoordinate = 1 << 30

func checkBoxes(boxes ...box.Box) error {
	for _, b := range boxes {
		if !b.Valid() {
			return fmt.Errorf("box %v: want 0 <= x0 <= x1 and 0 <= y0 <= y1", b)
		}
		if b.X1 > maxCoordinate || b.Y1 > maxCoordinate {
			return fmt.Errorf("box %v: coordinates over %d", b, maxCoordinate)
		}
	}
	return nil
}
