package eval

import (
	"maps"
	"math"
	"slices"
	"strings"

	"acol/internal/metric"
)

const (
	// v2Name and v2Curves are MaxBoxAccV2 and the start of the names of the curves whose mean it is.
	v2Name   = "max_box_acc_v2"
	v2Curves = v2Name + "_iou."
	// atVal marks the figures at the thresholds that val chose.
	atVal   = "at_val_threshold."
	pxapKey = "pxap"
	// Localization at its best thresholds and at that of val.
	oracleLoc = "localization.oracle."
	atValLoc  = "localization." + atVal
)

// figure is the mean of the best accuracies of some columns; PxAP has none.
type figure struct {
	key     string
	columns []int
}

// row is what one image says, by column.
type row struct {
	hits          []metric.Runs
	object, other Histogram
}

// table is records in the form that figures are computed from, again and again: a
// column is a curve, or a curve at the threshold that val chose.
type table struct {
	lengths []int // of the columns, in thresholds
	figures []figure
	rows    []row
	bins    int
}

func newTable(r *Records) *table {
	t := &table{bins: r.Bins}
	means := map[string][]int{}
	add := func(name string, n int) {
		column := len(t.lengths)
		t.lengths = append(t.lengths, n)
		t.figures = append(t.figures, figure{name, []int{column}})
		if prefix, _, ok := strings.Cut(name, v2Curves); ok {
			means[prefix+v2Name] = append(means[prefix+v2Name], column)
		}
	}
	for _, c := range r.Curves {
		add(c.Name, c.Thresholds)
	}
	for _, c := range r.Curves {
		if c.Chosen != nil {
			add(atValName(c.Name), 1)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(means)) {
		t.figures = append(t.figures, figure{key, means[key]})
	}
	if r.Bins > 0 {
		t.figures = append(t.figures, figure{key: pxapKey})
	}
	for i := range r.Images {
		rec := &r.Images[i]
		hits := slices.Clone(rec.Hits)
		for k, c := range r.Curves {
			if c.Chosen != nil {
				hits = append(hits, rec.Hits[k].Only(*c.Chosen))
			}
		}
		t.rows = append(t.rows, row{hits, rec.Object, rec.Other})
	}
	return t
}

// atValName is where the report has a curve's accuracy at the threshold that val chose.
func atValName(curve string) string {
	if rest, ok := strings.CutPrefix(curve, oracleLoc); ok {
		return atValLoc + rest
	}
	return atVal + curve
}

// evaluate gives each figure in percent of the rows, weights[i] times row i; nil weighs all
// alike. A figure of no image is NaN. Thresholds are chosen for these very rows.
func (t *table) evaluate(rows []row, weights []int32) ([]float64, error) {
	best := make([]float64, len(t.lengths))
	for k, n := range t.lengths {
		best[k] = bestAccuracy(rows, weights, k, n)
	}
	out := make([]float64, len(t.figures))
	for i, f := range t.figures {
		if f.columns == nil {
			var err error
			if out[i], err = t.pixelPrecision(rows, weights); err != nil {
				return nil, err
			}
			continue
		}
		for _, k := range f.columns {
			out[i] += best[k] / float64(len(f.columns))
		}
	}
	return out, nil
}

// bestAccuracy is the accuracy in percent of column k, of n thresholds, at the best of them.
func bestAccuracy(rows []row, weights []int32, k, n int) float64 {
	change, images := make([]int64, n+1), int64(0) // from a threshold to the next one
	weight := int64(1)
	for i := range rows {
		runs := rows[i].hits[k]
		if runs == nil {
			continue
		}
		if weights != nil {
			if weight = int64(weights[i]); weight == 0 {
				continue
			}
		}
		images += weight
		for _, run := range runs {
			change[run[0]] += weight
			change[run[1]] -= weight
		}
	}
	if images == 0 {
		return math.NaN()
	}
	right, best := int64(0), int64(0)
	for _, c := range change[:n] {
		right += c
		best = max(best, right)
	}
	return float64(best) * 100 / float64(images)
}

func (t *table) pixelPrecision(rows []row, weights []int32) (float64, error) {
	object, other := make([]float64, t.bins), make([]float64, t.bins)
	weight := 1.0
	for i := range rows {
		if weights != nil {
			if weight = float64(weights[i]); weight == 0 {
				continue
			}
		}
		if err := rows[i].object.add(object, weight); err != nil {
			return 0, err
		}
		if err := rows[i].other.add(other, weight); err != nil {
			return 0, err
		}
	}
	ap, err := metric.AveragePrecision(object, other)
	if err != nil { // no object among these images
		return math.NaN(), nil
	}
	return ap, nil
}
