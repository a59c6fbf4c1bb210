package localize

import (
	"fmt"
	"image"
	"image/draw"
	"strings"

	"acol/internal/box"
	"acol/internal/cam"
	"acol/internal/data/pixels"
	"acol/internal/model"
	"acol/internal/scoremap"
	"acol/internal/viz"
)

// placedSide bounds the sides, in pixels, of a map that is placed on a picture to be drawn.
const placedSide = 1024

// Style is how the recipe's colormap and opacity draw a map over a picture.
func (l Config) Style() (viz.OverlayOptions, error) {
	o := viz.DefaultOverlay()
	o.Opacity = l.Opacity
	var err error
	o.Palette, err = viz.Colormap(string(l.Colormap))
	return o, err
}

// Label is a map's class with its probability: "Cardinal 87 %".
func (r *Result) Label(m *ClassMap) string {
	return viz.Label(r.Names[m.Class], r.Probabilities[m.Class])
}

// Overlay draws the picture under the fused score map of one class, with its boxes. img is the
// upright picture that r is of.
func Overlay(
	img image.Image, r *Result, m *ClassMap, style viz.OverlayOptions,
) (*image.NRGBA, error) {
	score, err := r.Layer(m, 0, placedSide)
	if err != nil {
		return nil, err
	}
	over := viz.Overlay(img, score, style)
	viz.DrawBoxes(over, r.labelled(m), nil)
	return over, nil
}

// Crop gives what is inside of a box, in pixels of the upright picture. Where img can do so, as the
// pictures of package data can, the two share their pixels: a large picture is memory.
func Crop(img image.Image, b box.Box) image.Image {
	part := image.Rect(b.X0, b.Y0, b.X1+1, b.Y1+1).Add(img.Bounds().Min)
	if whole, ok := img.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok {
		return whole.SubImage(part)
	}
	crop := image.NewNRGBA(part)
	draw.Draw(crop, part, img, part.Min, draw.Src)
	return crop
}

// PanelOptions say how a panel is drawn.
type PanelOptions struct {
	// Title stands above the panel; Note ends its caption, which says what was found.
	Title, Note string
	Style       viz.OverlayOptions
}

// Panel draws one class in a row of tiles: the image, the map of each branch, what was erased for
// each branch after the first, and the fused score map with the boxes. img is the upright picture
// that r is of.
func Panel(img image.Image, r *Result, m *ClassMap, o PanelOptions) (*image.NRGBA, error) {
	score, err := r.Layer(m, 0, placedSide)
	if err != nil {
		return nil, err
	}
	fused := viz.LabelledMap{Name: "fused", Map: score}
	if m.Refined {
		fused.Name += ", refined"
	}
	in := viz.PanelInput{
		Image: img, Fused: fused, Boxes: r.labelled(m),
		Title: o.Title, Caption: strings.TrimSpace(r.caption(m) + " " + o.Note),
	}
	for i, b := range m.Branches {
		placed, err := r.Layer(m, i+1, placedSide)
		if err != nil {
			return nil, err
		}
		name := model.BranchTitle(i, b.Kind)
		in.Maps = append(in.Maps, viz.LabelledMap{Name: name, Map: placed})
		if len(b.Erased.V) == 0 {
			continue
		}
		mask, err := r.Erased(m, i+1, placedSide)
		if err != nil {
			return nil, err
		}
		name = fmt.Sprintf("erased for branch %d", i+1)
		in.Erased = append(in.Erased, viz.LabelledMask{Name: name, Mask: mask})
	}
	return viz.Panel(in, viz.PanelOptions{Overlay: o.Style}), nil
}

// Score is the branch's map as a score map of the network's input: (side,side), float64 in 0 to 1.
func (b Branch) Score(side int) cam.Map {
	score, _ := scoremap.Of(b.Map, side)
	return score
}

// drawn is the geometry of the picture at a size at which maps are placed on it.
func (r *Result) drawn() pixels.Geometry { return scoremap.Bounded(r.Geometry, placedSide) }

// labelled are the boxes of a map with the text that stands above each.
func (r *Result) labelled(m *ClassMap) []viz.LabelledBox {
	var boxes []viz.LabelledBox
	for _, found := range m.Boxes {
		boxes = append(boxes, viz.LabelledBox{Box: found.Box, Text: r.Label(m)})
	}
	return boxes
}

// caption says in words what a panel shows.
func (r *Result) caption(m *ClassMap) string {
	what := r.Label(m) + ", " + m.Where()
	if len(m.Boxes) == 0 {
		return what + "."
	}
	return fmt.Sprintf("%s, above %.3g of the map's maximum.", what, m.Threshold)
}
