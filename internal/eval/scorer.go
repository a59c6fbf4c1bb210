package eval

import (
	"fmt"
	"strconv"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/metric"
)

// scorer measures score maps of one kind against boxes and masks.
type scorer struct {
	side          int // of the maps, in pixels
	boxes         *metric.BoxAcc
	pixels        *metric.PxAP
	constant, nan int
	// of the image added last
	boxed, masked bool
}

func newScorer(side int) (*scorer, error) {
	b, err := metric.NewBoxAcc(metric.Step, metric.Deltas())
	if err != nil {
		return nil, err
	}
	p, err := metric.NewPxAP(metric.Step)
	return &scorer{side: side, boxes: b, pixels: p}, err
}

// boxesFor are the sample's boxes of a class: all of its boxes where none is known to be of that class.
func boxesFor(s *data.Sample, class int) []box.Box {
	if boxes := s.BoxesOf(class); len(boxes) > 0 {
		return boxes
	}
	return s.Boxes
}

// truth are those in pixels of a score map.
func truth(s *data.Sample, class, side int) []box.Box { return scaled(boxesFor(s, class), s, side) }

// scaled are boxes of the sample's image in pixels of a score map.
func scaled(boxes []box.Box, s *data.Sample, side int) []box.Box {
	var out []box.Box
	for _, b := range boxes {
		out = append(out, b.Scale(s.Width, s.Height, side, side))
	}
	return out
}

// add counts a map for the true boxes and the mask that there are.
func (c *scorer) add(score cam.Map, state cam.State, boxes []box.Box, m *mask) error {
	c.boxed, c.masked = len(boxes) > 0, m != nil
	if c.boxed {
		if err := c.boxes.Add(score, state, boxes); err != nil {
			return err
		}
	}
	if c.masked {
		if err := c.pixels.Add(score, m.object, m.ignore); err != nil {
			return err
		}
	}
	switch state {
	case cam.Constant:
		c.constant++
	case cam.NaN:
		c.nan++
	}
	return nil
}

// mask is a sample's truth by pixels of a score map.
type mask struct{ object, ignore []bool }

// maskOf decodes a sample's masks; nil where it has none.
func maskOf(s *data.Sample, side int) (*mask, error) {
	object, ignore, err := s.Mask(side)
	if object == nil || err != nil {
		return nil, err
	}
	return &mask{object, ignore}, nil
}

func (c *scorer) merge(d *scorer) error {
	if err := c.boxes.Merge(d.boxes); err != nil {
		return err
	}
	c.constant += d.constant
	c.nan += d.nan
	return c.pixels.Merge(d.pixels)
}

// curves are what record adds, in its order.
func (c *scorer) curves() []CurveInfo {
	n := len(c.boxes.Thresholds())
	curves := []CurveInfo{{Name: "max_box_acc", Thresholds: n, Step: metric.Step}}
	for _, d := range metric.Deltas() {
		curves = append(curves, CurveInfo{Name: v2Curves + strconv.Itoa(d), Thresholds: n, Step: metric.Step})
	}
	return curves
}

// record adds to a record what the image added last reached, in the order of curves.
func (c *scorer) record(rec *Record, state cam.State) error {
	if state != cam.OK {
		rec.Map = state.String()
	}
	one, err := c.boxes.Hits(cam.Largest, 50)
	if err != nil {
		return err
	}
	rec.Hits = append(rec.Hits, one)
	for _, d := range metric.Deltas() {
		all, err := c.boxes.Hits(cam.All, d)
		if err != nil {
			return err
		}
		rec.Hits = append(rec.Hits, all)
	}
	if !c.boxed {
		clear(rec.Hits)
	}
	if c.masked {
		p := c.pixels.Pixels()
		rec.Object, rec.Other = newHistogram(p.Object), newHistogram(p.Other)
	}
	return nil
}

// Scores are the figures of score maps, in percent; nil where the split has no such truth.
type Scores struct {
	ConstantMaps int `json:"constant_maps"`
	NaNMaps      int `json:"nan_maps"`
	// MaxBoxAcc and the like are at the thresholds that are best on this very
	// split, an oracle: the reference's figure.
	MaxBoxAcc      *float64           `json:"max_box_acc"`
	MaxBoxAccV2    *float64           `json:"max_box_acc_v2"`
	MaxBoxAccV2IoU map[string]float64 `json:"max_box_acc_v2_iou"`
	Thresholds     *metric.Taus       `json:"thresholds"`
	// PxAP is the pixel average precision.
	PxAP *float64 `json:"pxap"`
	// AtVal are the same figures at the thresholds that are best on val.
	AtVal *metric.BoxResult `json:"at_val_threshold,omitempty"`
}

// scores gives the figures; at are thresholds chosen elsewhere, or nil.
func (c *scorer) scores(at *metric.Taus) (Scores, error) {
	s := Scores{ConstantMaps: c.constant, NaNMaps: c.nan}
	if c.boxes.Images() > 0 {
		r := c.boxes.Result()
		s.MaxBoxAcc, s.MaxBoxAccV2, s.MaxBoxAccV2IoU, s.Thresholds = &r.MaxBoxAcc, &r.MaxBoxAccV2, r.MaxBoxAccV2IoU, &r.Thresholds
		if at != nil {
			v, err := c.boxes.At(*at)
			if err != nil {
				return s, fmt.Errorf("at the thresholds of val: %w", err)
			}
			s.AtVal = &v
		}
	}
	if c.pixels.Images() > 0 {
		ap, err := c.pixels.Result()
		if err != nil {
			return s, err
		}
		s.PxAP = &ap
	}
	return s, nil
}

// CurvePoint is what score maps reach at one threshold, in percent; nil where the split has no such truth.
type CurvePoint struct {
	Threshold float64 `json:"threshold"`
	// MaxBoxAcc is at IoU 50 with the largest contour, V2 the mean of IoU with all contours.
	MaxBoxAcc *float64           `json:"max_box_acc,omitempty"`
	V2        *float64           `json:"max_box_acc_v2,omitempty"`
	V2IoU     map[string]float64 `json:"max_box_acc_v2_iou,omitempty"`
	// Precision and Recall are of the pixels at or above the threshold.
	Precision *float64 `json:"precision,omitempty"`
	Recall    *float64 `json:"recall,omitempty"`
}

// curve gives the figures at each threshold.
func (c *scorer) curve() ([]CurvePoint, error) {
	taus := c.boxes.Thresholds()
	points := make([]CurvePoint, len(taus))
	for i, tau := range taus {
		points[i].Threshold = tau
	}
	if c.boxes.Images() > 0 {
		one, err := c.boxes.Curve(cam.Largest, 50)
		if err != nil {
			return nil, err
		}
		for i := range points {
			points[i].MaxBoxAcc, points[i].V2, points[i].V2IoU = &one[i], new(float64), map[string]float64{}
		}
		for _, d := range metric.Deltas() {
			all, err := c.boxes.Curve(cam.All, d)
			if err != nil {
				return nil, err
			}
			for i := range points {
				points[i].V2IoU[strconv.Itoa(d)] = all[i]
				*points[i].V2 += all[i] / float64(len(metric.Deltas()))
			}
		}
	}
	if c.pixels.Images() > 0 {
		precision, recall := c.pixels.PRCurve()
		for i := range points {
			points[i].Precision, points[i].Recall = &precision[i], &recall[i]
		}
	}
	return points, nil
}
