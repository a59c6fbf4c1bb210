package localize

import (
	"image"
	"slices"

	"acol/internal/cam"
	"acol/internal/scoremap"
)

// Mask says which pixels of the upright picture belong to the object that a map shows: 255 inside
// of the regions that have boxes, and 0 elsewhere. Regions are those of Score above its threshold;
// Score is resized to the picture first, as in an overlay, so that the edge is smooth. A map
// without boxes gives a mask of zeros.
func (r *Result) Mask(m *ClassMap) (*image.Gray, error) {
	mask := image.NewGray(image.Rect(0, 0, r.Geometry.Width, r.Geometry.Height))
	if len(m.Boxes) == 0 {
		return mask, nil
	}
	score, over, err := r.boxed(m)
	if err != nil {
		return nil, err
	}
	if score, err = scoremap.Place(r.drawn(), score); err != nil {
		return nil, err
	}
	rows := cam.NewResizer(score, r.Geometry.Height, r.Geometry.Width)
	line := make([]float64, r.Geometry.Width)
	for y := range r.Geometry.Height {
		rows.Row(y, line)
		for x, v := range line {
			if v > over {
				mask.Pix[y*mask.Stride+x] = 255
			}
		}
	}
	return mask, nil
}

// boxed is the score map of the network's input in which no more than the regions that have boxes
// are above the threshold over.
func (r *Result) boxed(m *ClassMap) (score cam.Map, over float64, err error) {
	regions, of, err := cam.LabelledRegions(m.Score, m.Threshold)
	if err != nil {
		return cam.Map{}, 0, err
	}
	kept := make([]bool, len(regions))
	for k, found := range regions {
		found.Box = r.Geometry.Box(found.Box, m.Score.W, m.Score.H)
		kept[k] = slices.Contains(m.Boxes, found)
	}
	score = m.Score.Clone()
	over = m.Threshold * score.Max()
	const below = 0.5 // so that resizing, which overshoots, does not lift it again
	for i, k := range of {
		if k >= 0 && !kept[k] {
			score.V[i] = below * over
		}
	}
	return score, over, nil
}
