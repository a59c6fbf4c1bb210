package chart

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// newPlot is an empty plot in the look of all charts.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = sans(11)
	p.Title.Padding = vg.Points(6)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font = sans(10)
		axis.Tick.Label.Font = sans(tickSize)
	}
	return p
}

// newLegend is an empty legend, whose words stand at the right of what they name.
func newLegend() plot.Legend {
	l := plot.NewLegend()
	l.TextStyle.Font = sans(9)
	l.Padding, l.ThumbnailWidth = vg.Points(3), vg.Points(22)
	l.Top, l.Left = true, true
	return l
}

// tickSize is the size of the letters at the ticks of an axis, in points.
const tickSize = 9

func sans(points float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(points)}
}

// grid is faint, so that lines stand out.
func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = color.Gray{0xdd}, color.Gray{0xdd}
	return g
}

// mostTicks is about the largest number of ticks of an axis that have a label.
const mostTicks = 8

// decades puts ticks on powers of ten on a logarithmic axis that begins and ends with one, and
// ticks without labels between them.
type decades struct{}

// Ticks returns the ticks from least to most, which are above 0.
func (decades) Ticks(least, most float64) []plot.Tick {
	first, last := int(math.Round(math.Log10(least))), int(math.Round(math.Log10(most)))
	every := 1 + (last-first)/mostTicks
	var all []plot.Tick
	for e := first; e <= last; e++ {
		v := math.Pow10(e)
		label := ""
		if (e-first)%every == 0 {
			label = strconv.FormatFloat(v, 'g', -1, 64)
		}
		all = append(all, plot.Tick{Value: v, Label: label})
		for m := 2.0; m < 10 && e < last && every == 1; m++ {
			all = append(all, plot.Tick{Value: m * v})
		}
	}
	return all
}

// wholeTicks puts ticks on whole numbers alone, 1, 2 or 5 times a power of ten apart.
type wholeTicks struct{}

// Ticks returns the ticks from least to most.
func (wholeTicks) Ticks(least, most float64) []plot.Tick {
	step := 1.0
	for i := 0; (most-least)/step > mostTicks; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	var all []plot.Tick
	for v := math.Ceil(least/step)*step + 0; v <= most; v += step { // +0 of -0
		all = append(all, plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', -1, 64)})
	}
	return all
}
