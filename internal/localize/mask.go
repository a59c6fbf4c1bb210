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
	w, h := r.Geometry.Width, r.Geometry.Height
	mask := image.NewGray(image.Rect(0, 0, w, h))
	if len(m.Boxes) == 0 {
		return mask, nil
	}
	about, err := r.boxed(m)
	if err != nil {
		return nil, err
	}
	if about, err = scoremap.PlaceMask(r.drawn(), about); err != nil {
		return nil, err
	}
	score, err := scoremap.Place(r.drawn(), m.Score)
	if err != nil {
		return nil, err
	}
	over := m.Threshold * m.Score.Max()
	rows := cam.NewResizer(score, h, w)
	line := make([]float64, w)
	for y := range h {
		rows.Row(y, line)
		near := about.V[y*about.H/h*about.W:][:about.W]
		for x, v := range line {
			if v > over && near[x*about.W/w] {
				mask.Pix[y*mask.Stride+x] = 255
			}
		}
	}
	return mask, nil
}

// boxed marks the pixels of Score that are in a region with a box, or next to one: the edge of a
// region that is resized may lie there. No pixel next to a region is of another one.
func (r *Result) boxed(m *ClassMap) (scoremap.Mask, error) {
	regions, of, err := cam.LabelledRegions(m.Score, m.Threshold)
	if err != nil {
		return scoremap.Mask{}, err
	}
	kept := make([]bool, len(regions))
	for k, found := range regions {
		found.Box = r.Geometry.Box(found.Box, m.Score.W, m.Score.H)
		kept[k] = slices.Contains(m.Boxes, found)
	}
	h, w := m.Score.H, m.Score.W
	about := scoremap.Mask{H: h, W: w, V: make([]bool, h*w)}
	for i, k := range of {
		if k < 0 || !kept[k] {
			continue
		}
		for y := max(i/w-1, 0); y <= min(i/w+1, h-1); y++ {
			for x := max(i%w-1, 0); x <= min(i%w+1, w-1); x++ {
				about.V[y*w+x] = true
			}
		}
	}
	return about, nil
}
