package main

import (
	"acol/internal/localize"
	"acol/internal/scoremap"
)

// sayThreshold says where boxes are cut where nobody stated it.
func sayThreshold(s *streams, l *localize.Localizer) {
	switch t := l.Threshold(); t.From {
	case scoremap.Val:
		s.say("boxes are cut at %s, which val chose for this model", t)
	case scoremap.NoVal:
		s.say("boxes are cut at %s: val, with boxes, chose no threshold for this model", t)
		s.hint("--threshold 0.2 is the CAM paper's; smaller fractions give larger boxes")
	case scoremap.Stated:
	}
}
