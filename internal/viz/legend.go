package viz

import (
	"image"
	"image/color"
	"image/draw"

	"acol/internal/box"
)

// swatchColor is the ground under a box's sign, where elsewhere the photograph is.
var swatchColor = color.NRGBA{128, 128, 128, 255}

// contents says which things that a legend explains are in a panel.
type contents struct {
	predicted, truth, scores bool
}

// add counts the tile t in.
func (c *contents) add(t Tile) {
	c.predicted = c.predicted || len(t.Boxes) > 0
	c.truth = c.truth || len(t.Truth) > 0
	c.scores = c.scores || len(t.Map.V) > 0
}

// legendItem is a sign and the words that explain it.
type legendItem struct {
	sign  image.Point // size in pixels
	word  string
	paint func(dst *image.NRGBA, r image.Rectangle)
}

// legend is a line of signs and words, which goes on in a further line where it gets too wide.
func (l *layout) legend(has contents) block {
	items := l.legendItems(has)
	line := l.small.height()
	places := make([]image.Point, len(items))
	at := image.Point{}
	for i, it := range items {
		width := it.sign.X + l.half + l.small.width(it.word)
		if at.X > 0 && at.X+width > l.inner {
			at = image.Pt(0, at.Y+line+l.half)
		}
		places[i] = at
		at.X += width + 2*l.gap
	}
	return block{at.Y + line, func(dst *image.NRGBA, x, y int) {
		for i, it := range items {
			p := places[i].Add(image.Pt(x, y))
			top := p.Y + (line-it.sign.Y)/2
			it.paint(dst, image.Rectangle{Max: it.sign}.Add(image.Pt(p.X, top)))
			l.small.draw(dst, p.X+it.sign.X+l.half, p.Y, it.word, captionColor)
		}
	}}
}

// legendItems are the explanations of what a panel has.
func (l *layout) legendItems(has contents) []legendItem {
	var items []legendItem
	side := l.small.height()
	add := func(width, height int, word string, paint func(dst *image.NRGBA, r image.Rectangle)) {
		items = append(items, legendItem{image.Pt(width, height), word, paint})
	}
	swatch := func(word string, dash int, c color.NRGBA) {
		add(3*side/2, side, word, func(dst *image.NRGBA, r image.Rectangle) {
			draw.Draw(dst, r, image.NewUniform(swatchColor), image.Point{}, draw.Src)
			sign := box.Box{X0: r.Min.X + 2, Y0: r.Min.Y + 2, X1: r.Max.X - 3, Y1: r.Max.Y - 3}
			drawBox(dst, sign, max(side/8, 1), dash, c)
		})
	}
	if has.predicted {
		swatch("predicted box", 0, predictedColor)
	}
	if has.truth {
		swatch("true box", max(side/4, 3), truthColor)
	}
	if has.scores {
		add(6*side, side*2/3, "score 0 to 1", func(dst *image.NRGBA, r image.Rectangle) {
			for x := r.Min.X; x < r.Max.X; x++ {
				c := l.overlay.Palette.At(float64(x-r.Min.X) / float64(max(r.Dx()-1, 1)))
				column := image.Rect(x, r.Min.Y, x+1, r.Max.Y)
				draw.Draw(dst, column, image.NewUniform(c), image.Point{}, draw.Src)
			}
		})
	}
	return items
}
