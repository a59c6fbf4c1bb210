package viz

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"acol/internal/box"
)

// The colours of boxes. Of the colour maps only gray has white in it, and the dark outline keeps
// white and green legible on any ground. True boxes are dashed, so that they can be told from
// predicted ones without colour.
var (
	predictedColor = color.NRGBA{255, 255, 255, 255}
	truthColor     = color.NRGBA{90, 255, 90, 255}
	outlineColor   = color.NRGBA{20, 20, 20, 255}
	plateColor     = color.NRGBA{20, 20, 20, 200}
)

// LabelledBox is a box and its label.
type LabelledBox struct {
	Box  box.Box // in pixels of the picture, both corners inclusive
	Text string  // written on a plate at the box; without a text there is no plate
}

// Label is the text for a class and its probability in [0,1]: "Cardinal 87 %". A probability that
// is NaN or infinite is left out.
func Label(class string, probability float64) string {
	switch {
	case math.IsNaN(probability) || math.IsInf(probability, 0):
		return class
	case probability > 0 && probability < 0.01:
		return class + " <1 %"
	}
	return fmt.Sprintf("%s %.0f %%", class, 100*probability)
}

// DrawBoxes draws the true boxes (dashed, green) onto dst, and over them the predicted ones (white)
// with their labels. Lines and letters grow with the picture. A line lies inside its box, with its
// outer edge on the box's outermost pixels, and has a dark outline on both sides. Boxes are clipped
// to the picture; an invalid box is left out. Labels stay inside the picture and are shortened with
// an ellipsis where they do not fit.
func DrawBoxes(dst *image.NRGBA, predicted []LabelledBox, truth []box.Box) {
	w, h := dst.Rect.Dx(), dst.Rect.Dy()
	if w == 0 || h == 0 {
		return
	}
	line := scaled(w, h, 180, 1)
	for _, b := range truth {
		drawBox(dst, b, line, 6*line, truthColor)
	}
	for _, b := range predicted {
		drawBox(dst, b.Box, line, 0, predictedColor)
	}
	l := labeller{dst: dst, style: newStyle(bold, float64(scaled(w, h, 24, 11)))}
	l.pad = max(l.style.height()/5, 2)
	for _, b := range predicted {
		if b.Box.Valid() && b.Text != "" {
			l.place(b.Box.Clip(w, h), b.Text)
		}
	}
}

// drawBox draws one box in lines of the given thickness, with an outline of half that thickness on
// both sides. A dash of 0 makes a solid line.
func drawBox(dst *image.NRGBA, b box.Box, thickness, dash int, c color.NRGBA) {
	if !b.Valid() || b.X0 >= dst.Rect.Dx() || b.Y0 >= dst.Rect.Dy() {
		return
	}
	b = b.Clip(dst.Rect.Dx(), dst.Rect.Dy())
	r := image.Rect(b.X0, b.Y0, b.X1+1, b.Y1+1).Add(dst.Rect.Min)
	outline := (thickness + 1) / 2
	frame(dst, r.Inset(-outline), thickness+2*outline, 0, outlineColor)
	frame(dst, r, thickness, dash, c)
}

// frame fills the inner border of r, thickness pixels wide. With dash > 0 it fills dashes of that
// length with gaps as long, starting from the left and the top corners.
func frame(dst *image.NRGBA, r image.Rectangle, thickness, dash int, c color.NRGBA) {
	tx, ty := min(thickness, r.Dx()), min(thickness, r.Dy())
	sides := []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, r.Min.Y+ty)},
		{image.Pt(r.Min.X, r.Max.Y-ty), r.Max},
		{r.Min, image.Pt(r.Min.X+tx, r.Max.Y)},
		{image.Pt(r.Max.X-tx, r.Min.Y), r.Max},
	}
	src := image.NewUniform(c)
	for i, s := range sides {
		step := image.Pt(2*dash, 0)
		end := image.Pt(s.Min.X+dash, s.Max.Y)
		if i >= 2 {
			step, end = image.Pt(0, 2*dash), image.Pt(s.Max.X, s.Min.Y+dash)
		}
		if dash <= 0 {
			draw.Draw(dst, s, src, image.Point{}, draw.Src)
			continue
		}
		for d := (image.Rectangle{s.Min, end}); d.Overlaps(s); d = d.Add(step) {
			draw.Draw(dst, d.Intersect(s), src, image.Point{}, draw.Src)
		}
	}
}

// labeller places the plates of labels, where it can so that none covers another.
type labeller struct {
	dst    *image.NRGBA
	style  textStyle
	pad    int
	placed []image.Rectangle
}

// place writes text at b, a box inside the picture. It tries four places: above the box, inside at
// its top, below it, and inside at its bottom. It takes the first that lies inside the picture and
// is free of other plates, or else the first that lies inside the picture.
func (l *labeller) place(b box.Box, text string) {
	bounds := l.dst.Rect
	text = l.style.fit(text, bounds.Dx()-2*l.pad)
	if text == "" {
		return
	}
	size := image.Pt(l.style.width(text)+2*l.pad, l.style.height()+l.pad)
	x := min(b.X0, bounds.Dx()-size.X)
	tops := []int{b.Y0 - size.Y, b.Y0, b.Y1 + 1, b.Y1 + 1 - size.Y}
	plate := image.Rectangle{}
	for _, y := range tops {
		r := image.Rectangle{Max: size}.Add(bounds.Min).Add(image.Pt(x, y))
		if !r.In(bounds) {
			continue
		}
		if plate.Empty() {
			plate = r
		}
		if l.free(r) {
			plate = r
			break
		}
	}
	if plate.Empty() {
		return
	}
	l.placed = append(l.placed, plate)
	draw.Draw(l.dst, plate, image.NewUniform(plateColor), image.Point{}, draw.Over)
	l.style.draw(l.dst, plate.Min.X+l.pad, plate.Min.Y+l.pad/2, text, predictedColor)
}

// free tells whether r covers no plate that was placed before.
func (l *labeller) free(r image.Rectangle) bool {
	for _, p := range l.placed {
		if p.Overlaps(r) {
			return false
		}
	}
	return true
}
