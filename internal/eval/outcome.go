package eval

import (
	"acol/internal/box"
)

// Outcomes are how top-1 localization of an image ends, in the order in which they are
// tried: every image has the first that holds. IoG is the intersection over the
// area of the true box, IoP over that of the predicted one; the categories and their numbers
// are those of TS-CAM (Gao et al., ICCV 2021, section 4.3), background added.
func Outcomes() []string {
	return []string{outcomeRight, outcomeClass, outcomeSeveral, outcomePart, outcomeLarge, outcomeBackground, outcomeOther}
}

const (
	outcomeRight      = "right"           // the class is right and IoU >= 0.5 with a true box
	outcomeClass      = "wrong_class"     // the predicted class is not the label
	outcomeSeveral    = "several_objects" // IoG > 0.3 with two true boxes or more
	outcomePart       = "part_only"       // IoP > 0.5 with a true box
	outcomeLarge      = "too_large"       // IoG > 0.7 with a true box
	outcomeBackground = "background"      // IoU < 0.1 with every true box
	outcomeOther      = "other"
)

// outcomeOf sorts a box of the predicted class, which is right, against the true boxes of
// that class.
func outcomeOf(b box.Box, truth []box.Box) string {
	var several int
	var hit, part, large bool
	background := true
	for _, t := range truth {
		both := shared(b, t)
		iou := both / (float64(b.Area()) + float64(t.Area()) - both)
		iog, iop := both/float64(t.Area()), both/float64(b.Area())
		hit = hit || iou >= 0.5
		part = part || iop > 0.5
		large = large || iog > 0.7
		background = background && iou < 0.1
		if iog > 0.3 {
			several++
		}
	}
	switch {
	case hit:
		return outcomeRight
	case several > 1:
		return outcomeSeveral
	case part:
		return outcomePart
	case large:
		return outcomeLarge
	case background:
		return outcomeBackground
	}
	return outcomeOther
}

// shared is the area of the intersection in pixels.
func shared(a, b box.Box) float64 {
	w := min(a.X1, b.X1) - max(a.X0, b.X0) + 1
	h := min(a.Y1, b.Y1) - max(a.Y0, b.Y0) + 1
	return float64(max(0, w) * max(0, h))
}
