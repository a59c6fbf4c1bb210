package localize

import (
	"fmt"

	"acol/internal/cam"
	"acol/internal/data/pixels"
	"acol/internal/model"
	"acol/internal/scoremap"
	"acol/internal/viz"
)

// ResultOf makes the Result of what a model of these branches said of one picture for one class,
// wherever that was computed. Its map is not refined, which takes the picture. The options' Batch
// and Workers do not matter.
func ResultOf(
	branches model.Branches, o Options, g pixels.Geometry, class int, said model.Prediction,
) (*Result, error) {
	o.Config.Refine = false
	l := Localizer{
		opt: o, branches: branches, threshold: o.threshold(o.Kept),
	}
	return l.result(g, []sight{{class: class, Prediction: said}})
}

// Layer is a map of one class, of one branch or fused, over its whole picture: scores in 0 to 1, at
// the picture's aspect and no more than side pixels. A branch counts from 1; 0 is the fused map. A
// branch that the model lacks is an error.
func (r *Result) Layer(m *ClassMap, branch, side int) (cam.Map, error) {
	g := scoremap.Bounded(r.Geometry, side)
	if branch == 0 {
		return scoremap.Place(g, m.Score)
	}
	if branch < 0 || branch > len(m.Branches) {
		return cam.Map{}, fmt.Errorf("branch %d is not in 1 to %d", branch, len(m.Branches))
	}
	return scoremap.Place(g, m.Branches[branch-1].Score(g.Size))
}

// Erased is what the branches before one have erased together, over the whole picture, at a size
// as Layer has it. A branch that has nothing erased before it is an error.
func (r *Result) Erased(m *ClassMap, branch, side int) (viz.Mask, error) {
	if branch < 1 || branch > len(m.Branches) || len(m.Branches[branch-1].Erased.V) == 0 {
		return viz.Mask{}, fmt.Errorf("nothing is erased for branch %d", branch)
	}
	mask, err := scoremap.PlaceMask(scoremap.Bounded(r.Geometry, side), m.Branches[branch-1].Erased)
	return viz.Mask{H: mask.H, W: mask.W, V: mask.V}, err
}
