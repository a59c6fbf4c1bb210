package viz

import (
	"image"
	"image/color"
	"image/draw"
)

var (
	titleColor   = color.NRGBA{17, 17, 17, 255}
	labelColor   = color.NRGBA{51, 51, 51, 255}
	captionColor = color.NRGBA{90, 90, 90, 255}
	cellColor    = color.NRGBA{243, 243, 243, 255} // what a picture leaves of its cell
)

// captionLines is the most lines a caption takes.
const captionLines = 4

// figure holds the measures, in pixels, and the letters that its blocks share.
type figure struct {
	cell                image.Point
	inner               int // width between the margins
	overlay             OverlayOptions
	margin, gap, half   int
	title, label, small textStyle
}

// block is one part of a figure, as wide as the figure allows.
type block struct {
	height int
	draw   func(dst *image.NRGBA, x, y int) // with its top left corner at (x,y)
}

func newFigure(cell image.Point, columns int, overlay OverlayOptions) *figure {
	unit := max(float64(cell.Y)/defaultTileHeight, 0.8) // letters stay legible under small tiles
	px := func(v float64) int { return int(v*unit + 0.5) }
	f := &figure{cell: cell, overlay: overlay, margin: px(18), gap: px(12), half: px(6)}
	f.inner = columns*(cell.X+f.gap) - f.gap
	f.title = newStyle(bold, 18*unit)
	f.label = newStyle(regular, 14*unit)
	f.small = newStyle(regular, 13*unit)
	return f
}

// stack draws the blocks below each other on white.
func (f *figure) stack(blocks []block) *image.NRGBA {
	height := 2 * f.margin
	for i, b := range blocks {
		if i > 0 {
			height += f.gap
		}
		height += b.height
	}
	dst := image.NewNRGBA(image.Rect(0, 0, f.inner+2*f.margin, height))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	y := f.margin
	for _, b := range blocks {
		b.draw(dst, f.margin, y)
		y += b.height + f.gap
	}
	return dst
}

// heading is the title line.
func (f *figure) heading(text string) block {
	return block{f.title.height(), func(dst *image.NRGBA, x, y int) {
		f.title.draw(dst, x, y, f.title.fit(text, f.inner), titleColor)
	}}
}

// paragraph is the caption.
func (f *figure) paragraph(text string) block {
	lines := f.small.wrap(text, f.inner, captionLines)
	return block{len(lines) * f.small.height(), func(dst *image.NRGBA, x, y int) {
		for i, line := range lines {
			f.small.draw(dst, x, y+i*f.small.height(), line, captionColor)
		}
	}}
}

// tiles is one row of pictures under their labels.
func (f *figure) tiles(row []Tile) block {
	head := 0
	for _, t := range row {
		if t.Label != "" {
			head = f.label.height() + f.half
		}
	}
	return block{head + f.cell.Y, func(dst *image.NRGBA, x, y int) {
		for _, t := range row {
			f.label.draw(dst, x, y, f.label.fit(t.Label, f.cell.X), labelColor)
			f.picture(dst, image.Rectangle{Max: f.cell}.Add(image.Pt(x, y+head)), t)
			x += f.cell.X + f.gap
		}
	}}
}

// picture centres a tile's picture in its cell.
func (f *figure) picture(dst *image.NRGBA, cell image.Rectangle, t Tile) {
	draw.Draw(dst, cell, image.NewUniform(cellColor), image.Point{}, draw.Src)
	p := t.render(cell.Size(), f.overlay)
	if p == nil {
		return
	}
	at := cell.Min.Add(cell.Size().Sub(p.Rect.Size()).Div(2))
	draw.Draw(dst, p.Rect.Add(at), p, image.Point{}, draw.Src)
}
