package cam

import (
	"fmt"

	"acol/internal/box"
)

// Contours says which contours of a binary image become boxes.
type Contours int

// The choices of contours.
const (
	// Largest takes the one contour of the largest contourArea, as MaxBoxAcc does.
	Largest Contours = iota
	// All takes every contour, those of holes included, as MaxBoxAccV2 does.
	All
)

// String returns the name in lower case.
func (c Contours) String() string {
	switch c {
	case Largest:
		return "largest"
	case All:
		return "all"
	}
	return fmt.Sprintf("Contours(%d)", int(c))
}

// Extractor finds the boxes of score maps, one threshold at a time, and reuses its buffers. The
// zero value is ready; it is not safe for concurrent use.
type Extractor struct {
	grid  grid
	parts components
	boxes []box.Box
}

// Boxes returns the boxes of score at threshold tau in [0,1], as wsolevaluation's
// compute_bboxes_from_scoremaps does. With g = uint8(trunc(score*255)) the foreground is
// g > int(tau*max(g)); its contours are those of cv2.findContours(RETR_TREE, CHAIN_APPROX_SIMPLE),
// in that order. Largest gives one box, the first in order on ties; All gives one or more. Without
// any contour the result is the one box [0,0,0,0]. Ends are inclusive, in pixels of the map, and
// one pixel too far except at the border. An empty map, a NaN or a value outside [0,1] is an error.
// The slice is valid until the next call.
func (e *Extractor) Boxes(score Map, tau float64, mode Contours) ([]box.Box, error) {
	if err := checkTau(tau); err != nil {
		return nil, err
	}
	if mode != Largest && mode != All {
		return nil, fmt.Errorf("boxes of a score map: contours %v, want largest or all", mode)
	}
	if err := e.grid.set(score); err != nil {
		return nil, err
	}
	g := &e.grid
	t := cut(tau, g.max)
	e.parts.reset(g.h, g.w)
	for i, v := range g.level {
		e.parts.fg[i] = int(v) > t
	}
	e.parts.scan()
	e.boxes = e.boxes[:0]
	if mode == All {
		e.parts.walk(func(id int) { e.boxes = append(e.boxes, e.boxOf(id)) })
	} else if id := e.parts.largest(); id > 0 {
		e.boxes = append(e.boxes, e.boxOf(id))
	}
	if len(e.boxes) == 0 {
		e.boxes = append(e.boxes, box.Box{})
	}
	return e.boxes, nil
}

// boxOf returns the box of a component's contour. The contour of a hole runs on the foreground
// around it, one pixel further out on every side.
func (e *Extractor) boxOf(id int) box.Box {
	p := &e.parts.list[id]
	if p.fg {
		return e.grid.boxOf(int(p.x0), int(p.y0), int(p.x1), int(p.y1))
	}
	return e.grid.boxOf(int(p.x0)-1, int(p.y0)-1, int(p.x1)+1, int(p.y1)+1)
}
