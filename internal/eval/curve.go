package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"acol/internal/atomicfile"
)

// Curve has the figures of a map by threshold, in percent.
type Curve struct {
	Thresholds []float64
	Columns    []CurveColumn
}

// CurveColumn is a figure by threshold.
type CurveColumn struct {
	// Key is the figure's path in the JSON of a threshold. Heading is its name above a column of a
	// printed table, Column that in a CSV file. Part is what Figure.IsPart reports.
	Key, Heading, Column string
	Part                 bool
	// Values are by threshold; nil where the split has no truth for the figure.
	Values []float64
}

// curve reads the figures at each threshold of a score map: those of boxes and, of the pixels at
// or above the threshold, precision and recall.
func (s *sheet) curve(t *tally) *Curve {
	c := &Curve{Thresholds: scoreGrid.Values()}
	accuracies := map[string][]float64{}
	for k, column := range t.columns {
		if column.at < 0 && t.curves[k].Images() > 0 {
			accuracies[column.key] = t.curves[k].Accuracies()
		}
	}
	for _, f := range Figures(boxRows) {
		c.Columns = append(c.Columns, CurveColumn{
			f.Key, f.Heading, f.Column, f.IsPart(), s.byThreshold(f, accuracies),
		})
	}
	var precision, recall []float64
	if t.pixels.Images() > 0 {
		precision, recall = t.pixels.Precisions()
	}
	c.Columns = append(c.Columns,
		CurveColumn{"precision", "precision", "precision", false, precision},
		CurveColumn{"recall", "recall", "recall", false, recall})
	return c
}

// byThreshold returns the accuracies of a row, or of a mean that of the accuracies of its parts.
func (s *sheet) byThreshold(f *Figure, accuracies map[string][]float64) []float64 {
	if f.MeanOf == "" {
		return accuracies[f.Key]
	}
	var parts [][]float64
	for _, r := range s.rows {
		if a := accuracies[r.Key]; a != nil && strings.HasPrefix(r.Key, f.MeanOf) {
			parts = append(parts, a)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	mean := make([]float64, len(parts[0]))
	for i := range mean {
		for _, p := range parts {
			mean[i] += p[i]
		}
		mean[i] /= float64(len(parts))
	}
	return mean
}

// MarshalJSON writes an object for each threshold.
func (c *Curve) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, tau := range c.Thresholds {
		o := &object{}
		o.set("threshold", tau)
		for _, col := range c.Columns {
			if col.Values != nil {
				o.set(col.Key, col.Values[i])
			}
		}
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendJSON(&b, o); err != nil {
			return nil, err
		}
	}
	b.WriteByte(']')
	return b.Bytes(), nil
}

// Head names the cells of Row.
func (c *Curve) Head() []string {
	head := []string{"threshold"}
	for _, col := range c.Columns {
		head = append(head, col.Column)
	}
	return head
}

// Row returns a threshold with its figures, for a CSV file. A figure that the split has no truth
// for is empty.
func (c *Curve) Row(i int) []string {
	row := []string{number(c.Thresholds[i])}
	for _, col := range c.Columns {
		if col.Values == nil {
			row = append(row, "")
			continue
		}
		row = append(row, number(col.Values[i]))
	}
	return row
}

// number writes a number with as many digits as it has.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// CSV writes a row for each threshold, below a head.
func (c *Curve) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(c.Head())
	for i := range c.Thresholds {
		_ = out.Write(c.Row(i))
	}
	out.Flush()
	return out.Error()
}

// Write writes the curve to a file, as JSON or, where its name ends in .csv, as CSV.
func (c *Curve) Write(path string) error {
	err := atomicfile.Write(path, func(w io.Writer) error {
		if filepath.Ext(path) == ".csv" {
			return c.CSV(w)
		}
		return json.NewEncoder(w).Encode(c)
	})
	if err != nil {
		return fmt.Errorf("writing the curve: %w", err)
	}
	return nil
}
