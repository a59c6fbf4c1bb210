package main

import (
	"fmt"
	"image"
	"path/filepath"
	"strings"

	"acol/internal/cam"
	"acol/internal/scoremap"
	"acol/internal/viz"
)

// figure draws the panel of one map: image, map of each branch, what was erased,
// fused map with the boxes. score is the fused map on the picture.
func (l *localizer) figure(s *shot, m *classMap, img image.Image, score cam.Map, boxes []viz.LabelledBox) (*image.NRGBA, error) {
	in := viz.PanelInput{
		Image: img, Fused: viz.LabelledMap{Name: "fused", Map: score}, Boxes: boxes,
		Title: filepath.Base(s.Path), Caption: l.caption(s, m),
	}
	kinds := l.trained.Recipe.Model.Branches.Kinds
	for i, low := range m.maps {
		one, _ := scoremap.Of(low, s.geometry.Size)
		placed, err := scoremap.Place(scoremap.Bounded(s.geometry, placedSide), one)
		if err != nil {
			return nil, err
		}
		in.Maps = append(in.Maps, viz.LabelledMap{Name: fmt.Sprintf("branch %d (%c)", i+1, kinds[i]), Map: placed})
	}
	var err error
	if in.Erased, err = l.erased(s, m); err != nil {
		return nil, err
	}
	return viz.Panel(in, viz.PanelOptions{Overlay: l.overlay}), nil
}

// erased is what each branch but the first cannot see: all that was erased before it.
func (l *localizer) erased(s *shot, m *classMap) ([]viz.LabelledMask, error) {
	c := l.trained.Recipe.Model.Branches
	var out []viz.LabelledMask
	var all []bool
	for i, delta := range c.Deltas {
		low := m.maps[i]
		now := cam.Erased(low, delta, c.Compare.Over)
		for j := range all {
			now[j] = now[j] || all[j]
		}
		all = now
		placed, err := scoremap.PlaceMask(scoremap.Bounded(s.geometry, placedSide), scoremap.Mask{H: low.H, W: low.W, V: all})
		if err != nil {
			return nil, err
		}
		out = append(out, viz.LabelledMask{Name: fmt.Sprintf("erased for branch %d", i+2), Mask: viz.Mask(placed)})
	}
	return out, nil
}

// caption says in words what the figure shows.
func (l *localizer) caption(s *shot, m *classMap) string {
	parts := []string{viz.Label(l.trained.Classes[m.class], softmax(s.logits)[m.class])}
	for _, r := range m.boxes {
		parts = append(parts, "box "+r.Box.String())
	}
	if len(m.boxes) == 0 {
		parts = append(parts, noBox)
	}
	return fmt.Sprintf("%s, above %g of the map's maximum. Model %s.", strings.Join(parts, ", "), l.cfg.Threshold, filepath.Base(l.trained.Dir))
}
