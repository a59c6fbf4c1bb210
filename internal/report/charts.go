package report

import (
	"acol/internal/album"
	"acol/internal/chart"
	"acol/internal/eval"
)

// thresholdChart draws the figures of the fused map by the threshold, with the one that val chose
// and the one that is best on the split.
func thresholdChart(m *eval.Report) chart.Chart {
	c := chart.Lines{
		Title: "Accuracy by threshold", X: "threshold on the score map", Y: "percent of images", Most: 100,
	}
	for _, column := range m.Curve.Columns {
		f := eval.FigureOf(column.Key)
		if column.Values == nil || f == nil || f.IsShare() {
			continue
		}
		s := chart.Series{Name: f.Heading}
		for i, v := range column.Values {
			if i%every == 0 {
				s.Points = append(s.Points, chart.Point{X: m.Curve.Thresholds[i], Y: v})
			}
		}
		c.Series = append(c.Series, s)
	}
	if tau, ok := m.AtVal[eval.MaxBoxAcc]; ok {
		c.Marks = append(c.Marks, chart.Mark{Name: "val's choice", X: tau})
	}
	if tau, ok := m.Best[eval.MaxBoxAcc]; ok {
		c.Marks = append(c.Marks, chart.Mark{Name: "best here", X: tau})
	}
	return c
}

// every is the step of the thresholds that are drawn: a thousand points are more than can be seen.
const every = 5

// trainingCharts are those of curves.png.
func trainingCharts(r Run) []chart.Chart {
	if len(r.Log) == 0 {
		return nil
	}
	return album.Charts(r.Log, r.Kinds)
}

// confusion is the matrix of what classes are taken for.
func confusion(c *eval.Confusion) chart.Chart { return album.Confusion(c) }
