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
	cellColor    = color.NRGBA{243, 243, 243, 255} // of a cell that its picture does not fill
)

// The largest numbers of lines of a caption, and of the label of a tile.
const (
	captionLines = 4
	labelLines   = 3
)

// layout holds what the blocks of one panel share: its measures in pixels and its letters.
type layout struct {
	cell                image.Point // size of a cell
	inner               int         // width between the margins
	overlay             OverlayOptions
	margin, gap, half   int // at the border, between cells and blocks, half a gap
	title, label, small textStyle
}

// block is one part of a panel, such as its title or a row of tiles. It is as wide as inner.
type block struct {
	height int
	draw   func(dst *image.NRGBA, x, y int) // with its top left corner at (x,y)
}

// newLayout measures a panel of so many columns of cells. All measures grow with the cells.
func newLayout(cell image.Point, columns int, overlay OverlayOptions) *layout {
	unit := max(float64(cell.Y)/defaultTileHeight, 0.8) // letters stay legible under small tiles
	px := func(v float64) int { return int(v*unit + 0.5) }
	l := &layout{cell: cell, overlay: overlay, margin: px(18), gap: px(12), half: px(6)}
	l.inner = columns*(cell.X+l.gap) - l.gap
	l.title = newStyle(bold, 18*unit)
	l.label = newStyle(regular, 14*unit)
	l.small = newStyle(regular, 13*unit)
	return l
}

// stack draws the blocks one below the other on white.
func (l *layout) stack(blocks []block) *image.NRGBA {
	height := 2 * l.margin
	for i, b := range blocks {
		if i > 0 {
			height += l.gap
		}
		height += b.height
	}
	dst := image.NewNRGBA(image.Rect(0, 0, l.inner+2*l.margin, height))
	draw.Draw(dst, dst.Rect, image.White, image.Point{}, draw.Src)
	y := l.margin
	for _, b := range blocks {
		b.draw(dst, l.margin, y)
		y += b.height + l.gap
	}
	return dst
}

// heading is a title of one line.
func (l *layout) heading(text string) block {
	return block{l.title.height(), func(dst *image.NRGBA, x, y int) {
		l.title.draw(dst, x, y, l.title.fit(text, l.inner), titleColor)
	}}
}

// paragraph is a caption of at most captionLines lines.
func (l *layout) paragraph(text string) block {
	lines := l.small.wrap(text, l.inner, captionLines)
	return block{len(lines) * l.small.height(), func(dst *image.NRGBA, x, y int) {
		for i, line := range lines {
			l.small.draw(dst, x, y+i*l.small.height(), line, captionColor)
		}
	}}
}

// tiles is one row of pictures, each under its label, which is at the bottom of the lines that the
// longest label of the row takes.
func (l *layout) tiles(row []Tile) block {
	labels := make([][]string, len(row))
	most := 0
	for i, t := range row {
		labels[i] = l.label.wrap(t.Label, l.cell.X, labelLines)
		most = max(most, len(labels[i]))
	}
	head := 0
	if most > 0 {
		head = most*l.label.height() + l.half
	}
	return block{head + l.cell.Y, func(dst *image.NRGBA, x, y int) {
		for i, t := range row {
			for k, line := range labels[i] {
				below := (most - len(labels[i]) + k) * l.label.height()
				l.label.draw(dst, x, y+below, line, labelColor)
			}
			l.picture(dst, image.Rectangle{Max: l.cell}.Add(image.Pt(x, y+head)), t)
			x += l.cell.X + l.gap
		}
	}}
}

// picture draws a tile's picture in the middle of its cell.
func (l *layout) picture(dst *image.NRGBA, cell image.Rectangle, t Tile) {
	draw.Draw(dst, cell, image.NewUniform(cellColor), image.Point{}, draw.Src)
	p := t.render(cell.Size(), l.overlay)
	if p == nil {
		return
	}
	at := cell.Min.Add(cell.Size().Sub(p.Rect.Size()).Div(2))
	draw.Draw(dst, p.Rect.Add(at), p, image.Point{}, draw.Src)
}
