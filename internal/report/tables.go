package report

import (
	"bytes"
	"fmt"
	"html/template"
	"slices"

	"acol/internal/chart"
	"acol/internal/eval"
)

// runPart is what the page says of one run.
type runPart struct {
	Name, Origin, Recipe, Threshold string
	Curves                          []template.HTML
	Confusion                       template.HTML
	BySize, ByClass                 *groupTable
	Endings                         []ending
}

type ending struct {
	Key, Words string
	Images     int
	Percent    float64
}

// endingWords say the endings of top-1 localization in words.
var endingWords = map[string]string{
	"right": "right", "wrong_class": "wrong class", "several_objects": "several objects",
	"part_only": "a part only", "too_large": "too large", "background": "background", "other": "other",
}

// partOf makes what the page says of a run.
func partOf(r Run) (runPart, error) {
	m := r.Measured
	p := runPart{
		Name: r.Name, Recipe: r.Recipe, Threshold: r.Threshold.String(),
		BySize: groupsOf(m.BySize), ByClass: groupsOf(m.ByClass),
	}
	if o := m.Origin; o != nil {
		p.Origin = fmt.Sprintf("%s, epoch %d, weights %s, %s", o.Checkpoint, o.Epoch, o.Weights, o.Kernels)
	}
	if m.Has(eval.Boxes) {
		for _, key := range eval.Endings() {
			n := m.Ended(key)
			p.Endings = append(p.Endings,
				ending{key, endingWords[key], n, 100 * float64(n) / float64(max(m.Images, 1))})
		}
	}
	var charts []chart.Chart
	if c := m.Curve; c != nil && m.Has(eval.Boxes) {
		charts = append(charts, thresholdChart(m))
	}
	charts = append(charts, trainingCharts(r)...)
	for _, c := range charts {
		svg, err := drawn(c)
		if err != nil {
			return p, err
		}
		p.Curves = append(p.Curves, svg)
	}
	if c := m.Confusion; c != nil && len(c.Classes) > 1 && len(c.Classes) <= mostConfused {
		var err error
		if p.Confusion, err = drawn(confusion(c)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// mostConfused is the largest number of classes whose confusion is drawn: an SVG has a shape for
// each cell.
const mostConfused = 50

func drawn(c chart.Chart) (template.HTML, error) {
	var out bytes.Buffer
	err := chart.SVG(&out, c)
	svg := out.Bytes()
	if i := bytes.Index(svg, []byte("<svg")); i > 0 { // without the XML's head
		svg = svg[i:]
	}
	return template.HTML(svg), err
}

// figureRow is a figure of all runs.
type figureRow struct {
	Name  string
	Cells []figureCell
}

type figureCell struct {
	Value string // "" where the run lacks it
	Range string // its interval
	Best  bool   // no run has more
}

// shownFigures are the rows of the summary: a key and its words.
var shownFigures = []struct{ key, name string }{
	{"top1", "top-1 classification"},
	{"top5", "top-5 classification"},
	{"localization.top1", "top-1 localization"},
	{"localization.gt_known", "GT-known localization"},
	{"max_box_acc", "MaxBoxAcc, best threshold on this split"},
	{"at_val_threshold.max_box_acc", "MaxBoxAcc, threshold from val"},
	{"max_box_acc_v2", "MaxBoxAccV2, best thresholds on this split"},
	{"at_val_threshold.max_box_acc_v2", "MaxBoxAccV2, thresholds from val"},
	{"max_box_acc_v2_iou.30", "at IoU 0.3"},
	{"max_box_acc_v2_iou.50", "at IoU 0.5"},
	{"max_box_acc_v2_iou.70", "at IoU 0.7"},
	{"pxap", "PxAP"},
	{"coverage", "share of the true box that the map covers"},
	{"precision", "share of the map inside of the true box"},
}

// figureRows are the figures that any of the runs has.
func figureRows(runs []Run) []figureRow {
	var rows []figureRow
	for _, f := range shownFigures {
		row, any := figureRow{Name: f.name}, false
		most := 0.0
		for _, r := range runs {
			cell := figureCell{}
			if v, ok := r.Measured.Values[f.key]; ok {
				cell.Value, any, most = fmt.Sprintf("%.2f", v), true, max(most, v)
			}
			if iv := r.Measured.Intervals; iv != nil && cell.Value != "" {
				if at, ok := iv.Figures[f.key]; ok {
					cell.Range = fmt.Sprintf("%.1f to %.1f", at[0], at[1])
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		for i, r := range runs {
			v, ok := r.Measured.Values[f.key]
			row.Cells[i].Best = ok && v == most && len(runs) > 1
		}
		if any {
			rows = append(rows, row)
		}
	}
	return rows
}

// groupTable is a table of groups of images, of the figures that any of them has.
type groupTable struct {
	Heads []string
	Rows  []groupRow
}

type groupRow struct {
	Name   string
	Images int
	Cells  []string
}

func groupsOf(groups []eval.Group) *groupTable {
	if len(groups) < 2 {
		return nil
	}
	columns := eval.Figures(func(f *eval.Figure) bool {
		return f.ByGroup && slices.ContainsFunc(groups, func(g eval.Group) bool {
			_, ok := g.Figures[f.Key]
			return ok
		})
	})
	t := &groupTable{}
	for _, f := range columns {
		t.Heads = append(t.Heads, f.Heading)
	}
	for _, g := range groups {
		row := groupRow{Name: g.Name, Images: g.Images}
		for _, f := range columns {
			cell := ""
			if v, ok := g.Figures[f.Key]; ok {
				cell = fmt.Sprintf("%.1f", v)
			}
			row.Cells = append(row.Cells, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// comparedPart is a paired comparison.
type comparedPart struct {
	A, B   string
	Images int
	Rows   []comparedRow
}

type comparedRow struct {
	Name, A, B, Diff, Range, P string
	Clear                      bool // the interval is on one side of 0
}

// comparedParts makes the tables of comparisons.
func comparedParts(all []*eval.Comparison) []comparedPart {
	var parts []comparedPart
	for _, c := range all {
		p := comparedPart{A: c.A, B: c.B, Images: c.Images}
		for _, d := range c.Figures {
			name := d.Key
			for _, f := range shownFigures {
				if f.key == d.Key {
					name = f.name
				}
			}
			if name == d.Key { // a row that the summary does not show
				continue
			}
			p.Rows = append(p.Rows, comparedRow{
				Name: name, A: fmt.Sprintf("%.2f", d.A), B: fmt.Sprintf("%.2f", d.B),
				Diff: fmt.Sprintf("%+.2f", d.Diff), Range: fmt.Sprintf("%+.1f to %+.1f", d.Low, d.High),
				P: fmt.Sprintf("%.4f", d.P), Clear: d.Low > 0 || d.High < 0,
			})
		}
		parts = append(parts, p)
	}
	return parts
}
