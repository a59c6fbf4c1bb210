// Package metric measures classification and localization, by the rules of the
// wsolevaluation code (Choe et al., CVPR 2020) and of the ILSVRC localization
// protocol that the CAM and ACoL papers use.
//
// Each metric is an accumulator: Add for an image, Merge for what another
// worker added, Result. Accumulators hold integers, so results are the same to
// the bit in whatever order images come. The zero value is ready unless there
// is a constructor; none is safe for concurrent use. Without any image every
// figure is 0: read it beside the number of images.
package metric

import (
	"fmt"

	"acol/internal/box"
)

// IoU is the intersection over union of two boxes with inclusive ends: every
// extent is x1-x0+1. A box that is not Valid (a negative coordinate, or ends in
// the wrong order) is an error.
//
// Example: (1,2)-(5,6) and (3,1)-(4,5) give 8/27.
func IoU(a, b box.Box) (float64, error) {
	if err := checkBoxes(a, b); err != nil {
		return 0, err
	}
	return iou(a, b), nil
}

// iou is IoU of valid boxes. The denominator of those is positive; the
// reference's rule for others, 0, is kept.
func iou(a, b box.Box) float64 {
	w := min(a.X1, b.X1) - max(a.X0, b.X0) + 1
	h := min(a.Y1, b.Y1) - max(a.Y0, b.Y0) + 1
	if w <= 0 || h <= 0 {
		return 0
	}
	both := w * h
	either := a.Area() + b.Area() - both
	if either <= 0 {
		return 0
	}
	return float64(both) / float64(either)
}

// bestIoU is the best over the true boxes, 0 without any.
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

// percent is 100*count/of, and 0 of none, rounded as the reference does.
func percent(count, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(count) * 100 / float64(of)
}
