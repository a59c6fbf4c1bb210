package viz

import (
	"image"
	"image/color"
	"image/draw"

	"acol/internal/box"
)

// swatchColor is the ground that a box's sign lies on, as a photograph would be.
var swatchColor = color.NRGBA{128, 128, 128, 255}

// contents says what a figure has that needs explaining.
type contents struct {
	predicted, truth, scores bool
}

func (c *contents) add(t Tile) {
	c.predicted = c.predicted || len(t.Boxes) > 0
	c.truth = c.truth || len(t.Truth) > 0
	c.scores = c.scores || len(t.Map.V) > 0
}

// legendItem is a sign and its word.
type legendItem struct {
	sign  image.Point // the sign's size
	word  string
	paint func(dst *image.NRGBA, r image.Rectangle)
}

// legend is a line of signs and words, broken where it gets too wide.
func (f *figure) legend(has contents) block {
	items := f.legendItems(has)
	line := f.small.height()
	places := make([]image.Point, len(items))
	at := image.Point{}
	for i, it := range items {
		width := it.sign.X + f.half + f.small.width(it.word)
		if at.X > 0 && at.X+width > f.inner {
			at = image.Pt(0, at.Y+line+f.half)
		}
		places[i] = at
		at.X += width + 2*f.gap
	}
	return block{at.Y + line, func(dst *image.NRGBA, x, y int) {
		for i, it := range items {
			p := places[i].Add(image.Pt(x, y))
			top := p.Y + (line-it.sign.Y)/2
			it.paint(dst, image.Rectangle{Max: it.sign}.Add(image.Pt(p.X, top)))
			f.small.draw(dst, p.X+it.sign.X+f.half, p.Y, it.word, captionColor)
		}
	}}
}

func (f *figure) legendItems(has contents) []legendItem {
	var items []legendItem
	side := f.small.height()
	swatch := func(word string, dash int, c color.NRGBA) {
		items = append(items, legendItem{image.Pt(3*side/2, side), word, func(dst *image.NRGBA, r image.Rectangle) {
			draw.Draw(dst, r, image.NewUniform(swatchColor), image.Point{}, draw.Src)
			drawBox(dst, box.Box{X0: r.Min.X + 2, Y0: r.Min.Y + 2, X1: r.Max.X - 3, Y1: r.Max.Y - 3}, max(side/8, 1), dash, c)
		}})
	}
	if has.predicted {
		swatch("predicted box", 0, predictedColor)
	}
	if has.truth {
		swatch("true box", max(side/4, 3), truthColor)
	}
	if has.scores {
		items = append(items, legendItem{image.Pt(6*side, side*2/3), "score 0 to 1", func(dst *image.NRGBA, r image.Rectangle) {
			for x := r.Min.X; x < r.Max.X; x++ {
				c := f.overlay.Palette.At(float64(x-r.Min.X) / float64(max(r.Dx()-1, 1)))
				draw.Draw(dst, image.Rect(x, r.Min.Y, x+1, r.Max.Y), image.NewUniform(c), image.Point{}, draw.Src)
			}
		}})
	}
	return items
}
