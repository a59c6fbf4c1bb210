package main

import (
	"acol/internal/localize"
	"acol/internal/scoremap"
	"acol/internal/section"
)

// sayThreshold says where boxes are cut where nobody stated it. Kept is what val chose for the
// model's own maps.
func sayThreshold(s *streams, l *localize.Localizer, kept section.Threshold) {
	switch t := l.Threshold(); t.From {
	case scoremap.Val:
		s.say("boxes are cut at %s, which val chose for this model", t)
	case scoremap.NoVal:
		if kept != "" {
			s.say("boxes are cut at %s: val chose its threshold, %s, for the maps of the heads", t, kept)
			s.hint("acol eval --split val, with the same run, --method and --layer, shows the one that " +
				"is best for these maps: pass it as --threshold")
			return
		}
		s.say("boxes are cut at %s: no val split with boxes chose a threshold for this model", t)
		s.hint("--threshold 0.2 is the CAM paper's; smaller fractions give larger boxes")
	case scoremap.Stated:
	}
}

// boxCount counts the maps of a command that have a box, and those whose box is nearly the whole
// picture.
type boxCount struct{ boxes, wide int }

// count counts a map, and reports whether its box is nearly the whole picture.
func (n *boxCount) count(r *localize.Result, m *localize.ClassMap) bool {
	if len(m.Boxes) > 0 {
		n.boxes++
	}
	wide := r.Wide(m)
	if wide {
		n.wide++
	}
	return wide
}

// hint says what to try where many boxes are nearly the whole picture.
func (n *boxCount) hint(s *streams) {
	if n.wide > 0 && n.wide*manyWide >= n.boxes {
		s.hint("boxes that are nearly the whole picture: %d of %d, from maps without contrast; try "+
			"--threshold otsu or a fraction such as 0.5; a model that was trained longer, or on "+
			"more images, has clearer maps", n.wide, n.boxes)
	}
}

// manyWide is such that one box of so many is worth a hint.
const manyWide = 10
