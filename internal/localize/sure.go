package localize

import (
	"fmt"

	"acol/internal/cam"
)

// sure leaves in a map the boxes that Config.MinProbability and Config.MinArea ask for, and says
// why there is none where none is left.
func (r *Result) sure(m *ClassMap, cfg Config) {
	if r.Probabilities[m.Class] < cfg.MinProbability {
		m.drop(fmt.Sprintf("no box: the probability is below %g", cfg.MinProbability))
		return
	}
	least := cfg.MinArea * float64(r.Geometry.Width) * float64(r.Geometry.Height)
	var kept []cam.Region
	for _, found := range m.Boxes {
		if float64(found.Box.Area()) >= least {
			kept = append(kept, found)
		}
	}
	if len(kept) == 0 && len(m.Boxes) > 0 {
		m.drop(fmt.Sprintf("no box: the largest covers less than %g of the picture", cfg.MinArea))
	}
	m.Boxes = kept
}

// drop takes all boxes from a map. The map itself stays as it is.
func (m *ClassMap) drop(why string) { m.Boxes, m.Why = nil, why }

// Where says in words where a map's boxes are, or why there is none.
func (m *ClassMap) Where() string {
	switch {
	case m.Why != "":
		return m.Why
	case len(m.Boxes) == 0:
		return NoBox
	}
	where := "box"
	for _, found := range m.Boxes {
		where += " " + found.Box.String()
	}
	return where
}
