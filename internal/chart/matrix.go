package chart

import (
	"fmt"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"acol/internal/viz"
)

// Matrix is a chart of counts, such as a confusion matrix: each row's true class by each column's
// predicted one. The colour of a cell is its share of the row, dark for none and light for all.
type Matrix struct {
	Title string
	X, Y  string // what columns and rows are
	// Names are those of the rows and of the columns.
	Names []string
	// Counts are (rows, columns), as many as there are names, the first row at the top. A row of
	// zeros stays dark.
	Counts [][]int
}

// How many classes have their names at the axes, and how many their counts in the cells.
const (
	namedClasses   = 50
	writtenClasses = 25
)

// size grows with the number of classes to where names still can be read, and with the names.
func (m Matrix) size() size {
	n := len(m.Names)
	side := vg.Length(min(max(n, 4), namedClasses)) * 0.25 * vg.Inch
	names := 0.4 * vg.Inch
	style := text.Style{Font: sans(tickSize), Handler: plot.DefaultTextHandler}
	if n <= namedClasses {
		for _, name := range m.Names {
			names = max(names, style.Width(shorten(name)))
		}
	}
	return size{width: side + names + 0.8*vg.Inch, height: side + names + vg.Inch}
}

func (m Matrix) plot() (*plot.Plot, plot.Legend, error) {
	p, legend := newPlot(m.Title, m.X, m.Y), newLegend()
	n := len(m.Names)
	if n == 0 || len(m.Counts) != n {
		return nil, legend, fmt.Errorf("drawing %s: %d names for %d rows", m.Title, n, len(m.Counts))
	}
	for _, row := range m.Counts {
		if len(row) != n {
			return nil, legend, fmt.Errorf("drawing %s: a row has %d columns, not %d",
				m.Title, len(row), n)
		}
	}
	heat := plotter.NewHeatMap(shares{m}, cividis{})
	heat.Min, heat.Max, heat.Rasterized = 0, 1, n > namedClasses
	p.Add(heat)
	if n <= writtenClasses {
		counts, err := m.written()
		if err != nil {
			return nil, legend, err
		}
		p.Add(counts)
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5, -0.5, float64(n)-0.5
	p.X.Padding, p.Y.Padding = 0, 0
	if n > namedClasses {
		p.X.Tick.Marker, p.Y.Tick.Marker = wholeTicks{}, downward{n}
		return p, legend, nil
	}
	var columns, rows plot.ConstantTicks
	for i, name := range m.Names {
		name = shorten(name)
		columns = append(columns, plot.Tick{Value: float64(i), Label: name})
		rows = append(rows, plot.Tick{Value: float64(n - 1 - i), Label: name})
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = columns, rows
	p.X.Tick.Length, p.Y.Tick.Length = 0, 0
	p.X.Tick.Label.Rotation = math.Pi / 3
	p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = text.XRight, text.YCenter
	return p, legend, nil
}

// longestName is the largest number of letters of a name at an axis.
const longestName = 24

// shorten cuts a name that is too long for an axis.
func shorten(name string) string {
	letters := []rune(name)
	if len(letters) <= longestName {
		return name
	}
	return string(letters[:longestName-1]) + "…"
}

// written are the counts that are not zero, each in its cell.
func (m Matrix) written() (*plotter.Labels, error) {
	n := len(m.Names)
	var at plotter.XYLabels
	var styles []draw.TextStyle
	for r, row := range m.Counts {
		for c, count := range row {
			if count == 0 {
				continue
			}
			at.XYs = append(at.XYs, plotter.XY{X: float64(c), Y: float64(n - 1 - r)})
			at.Labels = append(at.Labels, strconv.Itoa(count))
			style := draw.TextStyle{
				Font: sans(7), Color: color.White, XAlign: text.XCenter, YAlign: text.YCenter,
				Handler: plot.DefaultTextHandler,
			}
			if (shares{m}).Z(c, n-1-r) > 0.5 {
				style.Color = color.Black
			}
			styles = append(styles, style)
		}
	}
	labels, err := plotter.NewLabels(at)
	if err != nil {
		return nil, fmt.Errorf("drawing the counts of %s: %w", m.Title, err)
	}
	labels.TextStyle = styles
	return labels, nil
}

// shares are the shares that each cell has of its row, as a grid whose rows go upwards.
type shares struct{ m Matrix }

// Dims returns the number of columns and of rows.
func (s shares) Dims() (c, r int) { return len(s.m.Names), len(s.m.Names) }

// X returns the place of a column.
func (s shares) X(c int) float64 { return float64(c) }

// Y returns the place of a row.
func (s shares) Y(r int) float64 { return float64(r) }

// Z returns the share of a cell, 0 in a row of zeros.
func (s shares) Z(c, r int) float64 {
	row := s.m.Counts[len(s.m.Names)-1-r]
	sum := 0
	for _, count := range row {
		sum += count
	}
	return float64(row[c]) / float64(max(sum, 1))
}

// cividis is the colour map that looks alike to the colour-blind.
type cividis struct{}

// Colors returns 256 colours from dark to light.
func (cividis) Colors() []color.Color {
	p, _ := viz.Colormap("cividis")
	all := make([]color.Color, 256)
	for i := range all {
		all[i] = p.At(float64(i) / 255)
	}
	return all
}

// downward are whole ticks of an axis on which the first of n rows is at the top.
type downward struct{ n int }

// Ticks returns the ticks from least to most.
func (d downward) Ticks(least, most float64) []plot.Tick {
	last := float64(d.n - 1)
	all := wholeTicks{}.Ticks(last-most, last-least)
	for i := range all {
		all[i].Value = last - all[i].Value
	}
	return all
}
