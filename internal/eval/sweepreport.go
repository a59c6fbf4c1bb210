package eval

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"

	"acol/internal/model"
)

// PointReport has what the fused map of the true class reaches at a point.
type PointReport struct {
	Point
	*Book
}

// MarshalJSON writes the point, its figures and its curve.
func (p PointReport) MarshalJSON() ([]byte, error) {
	o := &object{}
	o.set("deltas", p.Deltas)
	o.set("compare", p.Compare)
	o.set("fusion", p.Fusion)
	p.setScores(o)
	p.setLocalization(o)
	p.setShares(o)
	o.set("curve", p.Curve)
	return o.MarshalJSON()
}

// SweepReport has what each point of a sweep reaches, and the point that is best by a figure.
type SweepReport struct {
	Origin *Origin
	Split  string
	Source model.MapSource // of the maps
	By     string          // the Column of the figure that decides
	Points []PointReport
	Best   int // of Points
}

// Decide finds the best point by a figure of SweepColumns, the first of equally good ones. That no
// image of the split counts for the figure is an error.
func (r *SweepReport) Decide(by string) error {
	r.By, r.Best = by, -1
	f := FigureIn(by)
	if f == nil {
		return fmt.Errorf("a sweep has no figure %q", by)
	}
	key, best := f.Key, 0.0
	for k, p := range r.Points {
		if v, ok := p.Values[key]; ok && (r.Best < 0 || v > best) {
			r.Best, best = k, v
		}
	}
	if r.Best < 0 {
		return fmt.Errorf("split %s has no truth for %s: choose by another figure with --by", r.Split, by)
	}
	return nil
}

// SweepColumns lists the figures of a sweep.
func SweepColumns() []*Figure { return Figures(func(f *Figure) bool { return f.Column != "" }) }

// FigureIn returns the figure of SweepColumns with that name; nil where there is none.
func FigureIn(column string) *Figure {
	i := slices.IndexFunc(SweepColumns(), func(f *Figure) bool { return f.Column == column })
	if i < 0 {
		return nil
	}
	return SweepColumns()[i]
}

// Deciding lists the names of the figures that a sweep can be decided by, the default first.
func Deciding() []string {
	names := []string{"max_box_acc_v2"}
	for _, f := range SweepColumns() {
		if f.Column != names[0] && !f.IsPart() && !f.IsShare() {
			names = append(names, f.Column)
		}
	}
	return names
}

// MarshalJSON writes the report as docs/evaluation.md describes it.
func (r *SweepReport) MarshalJSON() ([]byte, error) {
	o := &object{}
	r.Origin.set(o)
	o.set("split", r.Split)
	setSource(o, r.Source)
	o.set("by", r.By)
	o.set("best", r.Points[r.Best].Point)
	o.set("points", r.Points)
	return o.MarshalJSON()
}

// Head names the cells of Row.
func (r *SweepReport) Head() []string {
	head := []string{"deltas", "compare", "fusion"}
	for _, f := range r.Columns() {
		head = append(head, f.Column)
	}
	return head
}

// Columns lists the figures that the split has the truth for.
func (r *SweepReport) Columns() []*Figure {
	return slices.DeleteFunc(SweepColumns(), func(f *Figure) bool {
		_, ok := r.Points[0].Values[f.Key]
		return !ok
	})
}

// names returns the cells that say which point it is.
func (p Point) names() []string {
	return []string{p.DeltasText(" "), string(p.Compare), string(p.Fusion)}
}

// DeltasText lists the deltas with a separator.
func (p Point) DeltasText(separator string) string {
	parts := make([]string, len(p.Deltas))
	for i, v := range p.Deltas {
		parts[i] = number(v)
	}
	return strings.Join(parts, separator)
}

// CSV writes a row for each point, below a head.
func (r *SweepReport) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(r.Head())
	for _, p := range r.Points {
		row := p.names()
		for _, f := range r.Columns() {
			row = append(row, number(p.Values[f.Key]))
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}

// CurvesCSV writes a row for each point and threshold, below a head.
func (r *SweepReport) CurvesCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(append([]string{"deltas", "compare", "fusion"}, r.Points[0].Curve.Head()...))
	for _, p := range r.Points {
		for i := range p.Curve.Thresholds {
			_ = out.Write(append(p.names(), p.Curve.Row(i)...))
		}
	}
	out.Flush()
	return out.Error()
}
