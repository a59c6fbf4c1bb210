// Package chart draws figures as charts: lines over a common axis, and matrices. A chart is plain
// data, and becomes a picture in pixels or an SVG. It knows nothing of trainings or evaluations.
//
// Series differ in colour, in dashes and in markers, so that they can be told apart in print and by
// the colour-blind. The colours are those of Okabe and Ito (Color Universal Design, 2008).
package chart

import (
	"fmt"
	"image"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Chart is what Grid and SVG draw: Lines or a Matrix.
type Chart interface {
	// plot returns the chart, and the legend that stands beside it, which may be empty.
	plot() (*plot.Plot, plot.Legend, error)
	size() size
}

// size is how much space a chart takes, with the strip at its right for the legend.
type size struct{ width, height, strip vg.Length }

// pixelsPerInch is the resolution of pictures: 672 pixels for the width of Lines.
const pixelsPerInch = 120

// Grid draws charts in rows of the given number of columns, on white. The axes of a column are
// aligned. All cells have the size of the first chart.
func Grid(charts []Chart, columns int) (image.Image, error) {
	if len(charts) == 0 || columns < 1 {
		return nil, fmt.Errorf("drawing %d charts in %d columns: there is nothing to draw",
			len(charts), columns)
	}
	columns = min(columns, len(charts))
	rows := (len(charts) + columns - 1) / columns
	cells, legends := make([][]*plot.Plot, rows), make([]plot.Legend, len(charts))
	for r := range cells {
		cells[r] = make([]*plot.Plot, columns)
	}
	for i, c := range charts {
		var err error
		if cells[i/columns][i%columns], legends[i], err = c.plot(); err != nil {
			return nil, err
		}
	}
	is := charts[0].size()
	canvas := vgimg.NewWith(vgimg.UseDPI(pixelsPerInch),
		vgimg.UseWH(vg.Length(columns)*is.width, vg.Length(rows)*is.height))
	gap := vg.Points(12)
	tiles := draw.Tiles{
		Rows: rows, Cols: columns, PadX: gap + is.strip, PadY: gap,
		PadTop: gap, PadBottom: gap, PadLeft: gap, PadRight: gap + is.strip,
	}
	for r, line := range plot.Align(cells, tiles, draw.New(canvas)) {
		for c, cell := range line {
			if p := cells[r][c]; p != nil {
				place(p, legends[r*columns+c], cell, is.strip)
			}
		}
	}
	return canvas.Image(), nil
}

// SVG writes one chart as an SVG element without a background, which a page can hold.
func SVG(w io.Writer, c Chart) error {
	p, legend, err := c.plot()
	if err != nil {
		return err
	}
	p.BackgroundColor = color.Transparent
	is := c.size()
	canvas := vgsvg.NewWith(vgsvg.UseWH(is.width, is.height))
	place(p, legend, draw.Crop(draw.New(canvas), 0, -is.strip, 0, 0), is.strip)
	_, err = canvas.WriteTo(w)
	return err
}

// place draws a chart, and its legend in the strip at the right of its cell.
func place(p *plot.Plot, legend plot.Legend, cell draw.Canvas, strip vg.Length) {
	p.Draw(cell)
	data := p.DataCanvas(cell)
	legend.Draw(draw.Canvas{Canvas: cell.Canvas, Rectangle: vg.Rectangle{
		Min: vg.Point{X: cell.Max.X + vg.Points(6), Y: data.Min.Y},
		Max: vg.Point{X: cell.Max.X + strip, Y: data.Max.Y},
	}})
}
