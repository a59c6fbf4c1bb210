package eval

import (
	"slices"

	"acol/internal/box"
	"acol/internal/metric"
)

// Endings lists the ways in which top-1 localization of an image ends, as reports and records name
// them. The definitions are those of docs/evaluation.md.
func Endings() []string { return slices.Clone(endings[:]) }

var endings = [...]string{
	endRight, endWrongClass, endSeveral, endPart, endLarge, endBackground, endOther,
}

const (
	endRight      = "right"           // the class is right and IoU >= 0.5 with a true box
	endWrongClass = "wrong_class"     // the first guess is not a label of the image
	endSeveral    = "several_objects" // IoG > 0.3 with two true boxes or more
	endPart       = "part_only"       // IoP > 0.5 with a true box
	endLarge      = "too_large"       // IoG > 0.7 with a true box
	endBackground = "background"      // IoU < 0.1 with every true box
	endOther      = "other"
)

// endingOf returns the first ending that holds for the box of a guess of the right class and the
// true boxes of that class, none of them invalid. IoG is the intersection over the area of the
// true box, IoP over that of the predicted one. The endings and their numbers are those of TS-CAM
// (Gao et al., ICCV 2021, section 4.3), with background added.
func endingOf(b box.Box, truth []box.Box) (string, error) {
	var several int
	var hit, part, large bool
	background := true
	for _, t := range truth {
		iou, err := metric.IoU(b, t)
		if err != nil {
			return "", err
		}
		both := float64(metric.Intersection(b, t))
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
		return endRight, nil
	case several > 1:
		return endSeveral, nil
	case part:
		return endPart, nil
	case large:
		return endLarge, nil
	case background:
		return endBackground, nil
	}
	return endOther, nil
}
