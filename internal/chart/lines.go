package chart

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Lines is a chart of series over a common axis.
type Lines struct {
	Title string
	X, Y  string // the names of the axes
	// Series that have no finite point are left out. A chart without any says so.
	Series []Series
	// Least and Most bound the vertical axis where they differ; otherwise it spans the values.
	Least, Most float64
	// Log draws the vertical axis by its logarithm, if all values are above 0.
	Log bool
	// Whole says that the values of the horizontal axis are whole numbers, such as epochs.
	Whole bool
	// Marks are vertical lines across the chart.
	Marks []Mark
}

// Series is one line of a chart.
type Series struct {
	Name string
	// Points are in the order of their X. Where X or Y is NaN or infinite, the line is broken.
	Points []Point
}

// Point is a place of a series.
type Point struct{ X, Y float64 }

// Mark is a vertical line, such as a threshold that was chosen.
type Mark struct {
	Name string
	X    float64
}

// colors are Okabe's and Ito's, without the yellow, which is too light for lines on white.
var colors = []color.NRGBA{
	{0x00, 0x72, 0xb2, 0xff}, // blue
	{0xd5, 0x5e, 0x00, 0xff}, // vermilion
	{0x00, 0x9e, 0x73, 0xff}, // bluish green
	{0xcc, 0x79, 0xa7, 0xff}, // reddish purple
	{0xe6, 0x9f, 0x00, 0xff}, // orange
	{0x56, 0xb4, 0xe9, 0xff}, // sky blue
	{0x40, 0x40, 0x40, 0xff}, // grey
}

// markColor is that of vertical lines, which stand back behind series.
var markColor = color.Gray{0x70}

var dashes = [][]vg.Length{
	nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)},
	{vg.Points(8), vg.Points(2), vg.Points(2), vg.Points(2)},
}

var glyphs = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{},
	draw.RingGlyph{}, draw.BoxGlyph{}, draw.CrossGlyph{},
}

// fewPoints is the largest number of points of a line that each have a marker.
const fewPoints = 40

func (Lines) size() size {
	return size{width: 5.6 * vg.Inch, height: 3 * vg.Inch, strip: 1.35 * vg.Inch}
}

func (l Lines) plot() (*plot.Plot, plot.Legend, error) {
	p, legend := newPlot(l.Title, l.X, l.Y), newLegend()
	p.Add(grid())
	drawn, positive := 0, true
	least, most := math.Inf(1), math.Inf(-1)
	for i, s := range l.Series {
		points := 0
		for _, segment := range segments(s.Points) {
			if err := l.add(p, i, segment); err != nil {
				return nil, legend, fmt.Errorf("drawing %s of %s: %w", s.Name, l.Title, err)
			}
			for _, at := range segment {
				positive = positive && at.Y > 0
				least, most = min(least, at.Y), max(most, at.Y)
			}
			points += len(segment)
		}
		if points > 0 {
			drawn++
			legend.Add(s.Name, l.thumbnail(i, points)...)
		}
	}
	if drawn == 0 {
		p.Title.Text += ": no values"
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		return p, legend, nil
	}
	l.scale(p, positive, least, most)
	for i, m := range l.Marks {
		if err := l.mark(p, &legend, i, m); err != nil {
			return nil, legend, err
		}
	}
	return p, legend, nil
}

// add draws one unbroken part of series i.
func (l Lines) add(p *plot.Plot, i int, points plotter.XYs) error {
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.LineStyle = style(i)
	marks.GlyphStyle = glyph(i)
	p.Add(line)
	if len(points) <= fewPoints {
		p.Add(marks)
	}
	return nil
}

func style(i int) draw.LineStyle {
	return draw.LineStyle{
		Color: colors[i%len(colors)], Width: vg.Points(1.4), Dashes: dashes[i%len(dashes)],
	}
}

func glyph(i int) draw.GlyphStyle {
	return draw.GlyphStyle{
		Color: colors[i%len(colors)], Radius: vg.Points(2.2), Shape: glyphs[i%len(glyphs)],
	}
}

// thumbnail is how series i looks in the legend.
func (l Lines) thumbnail(i, points int) []plot.Thumbnailer {
	look := []plot.Thumbnailer{&plotter.Line{LineStyle: style(i)}}
	if points <= fewPoints {
		look = append(look, &plotter.Scatter{GlyphStyle: glyph(i)})
	}
	return look
}

// scale sets the vertical axis, whose values go from least to most.
func (l Lines) scale(p *plot.Plot, positive bool, least, most float64) {
	switch {
	case l.Log && positive:
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
		// Whole decades, so that there are at least two ticks.
		p.Y.Min = math.Pow(10, math.Floor(math.Log10(least)))
		p.Y.Max = math.Pow(10, math.Ceil(math.Log10(most)))
		if p.Y.Min == p.Y.Max {
			p.Y.Max *= 10
		}
	case l.Least != l.Most:
		p.Y.Min, p.Y.Max = l.Least, l.Most
	case least == most:
		pad := max(math.Abs(least), 1e-6)
		p.Y.Min, p.Y.Max = least-pad, most+pad
	}
	if l.Whole {
		p.X.Tick.Marker = wholeTicks{}
	}
	if p.X.Min == p.X.Max {
		p.X.Min, p.X.Max = p.X.Min-0.5, p.X.Max+0.5
	}
}

// mark draws a vertical line.
func (l Lines) mark(p *plot.Plot, legend *plot.Legend, i int, m Mark) error {
	if m.X-m.X != 0 {
		return nil
	}
	line, err := plotter.NewLine(plotter.XYs{{X: m.X, Y: p.Y.Min}, {X: m.X, Y: p.Y.Max}})
	if err != nil {
		return fmt.Errorf("drawing the mark %s of %s: %w", m.Name, l.Title, err)
	}
	line.LineStyle = draw.LineStyle{
		Color: markColor, Width: vg.Points(1), Dashes: dashes[(i+1)%len(dashes)],
	}
	p.Add(line)
	legend.Add(m.Name, line)
	return nil
}

// segments are the runs of finite points.
func segments(points []Point) []plotter.XYs {
	var all []plotter.XYs
	open := false
	for _, at := range points {
		if at.X-at.X != 0 || at.Y-at.Y != 0 {
			open = false
			continue
		}
		if !open {
			all, open = append(all, nil), true
		}
		last := len(all) - 1
		all[last] = append(all[last], plotter.XY{X: at.X, Y: at.Y})
	}
	return all
}
