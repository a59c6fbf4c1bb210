package eval

import (
	"fmt"
	"math/bits"
	"slices"

	"acol/internal/metric"
	"acol/internal/scoremap"
)

// FusedName is the name of the fused map in a report.
const FusedName = "fused"

// Thresholds are thresholds by the keys of the figures that are measured at them.
type Thresholds map[string]float64

// Book has the figures of one kind of map on a split.
type Book struct {
	// Values are the figures in percent by their keys, those at val's thresholds by Figure.AtVal.
	// A figure that no image of the split counts for is absent.
	Values map[string]float64
	// Counted are the numbers of images that counted, by the keys of figures with hits or pixels.
	Counted map[string]int
	// Best are the thresholds that are best on this very split, the lowest of equally good
	// ones; AtVal are those that val chose. Both are empty where nothing was measured at them.
	Best, AtVal Thresholds
	// Stated is the threshold of the recipe, eval.threshold: localization and coverage are measured
	// at it.
	Stated scoremap.Threshold
	// Curve has the figures of the map at each threshold.
	Curve *Curve

	marked [numMarks]int
}

// curvesOf returns what records say of the rows with hits, with the thresholds that val chose.
func curvesOf(rows []*Figure, chosen Thresholds) ([]CurveInfo, error) {
	var curves []CurveInfo
	for _, f := range rows {
		if f.hits == nil {
			continue
		}
		c := CurveInfo{Name: f.Key, Thresholds: f.Grid.N, Step: f.Grid.Step}
		if tau, ok := chosen[f.chosenBy()]; ok && f.Grid.N > 1 {
			i, err := f.Grid.Index(tau)
			if err != nil {
				return nil, fmt.Errorf("%s at the threshold of val: %w", f.Key, err)
			}
			c.Chosen = &i
		}
		curves = append(curves, c)
	}
	return curves, nil
}

// sheet is what one kind of map is measured by: rows of the table and their layout.
type sheet struct {
	rows   []*Figure
	curves []CurveInfo
	layout *layout
}

// newSheet returns the sheet of rows at the thresholds that val chose too.
func newSheet(rows []*Figure, chosen Thresholds) (*sheet, error) {
	curves, err := curvesOf(rows, chosen)
	if err != nil {
		return nil, err
	}
	l := newLayout(curves, metric.NewPixelBins(scoreGrid).Bins())
	for _, f := range rows {
		if f.share != nil {
			l.shares = append(l.shares, f.Key)
		}
	}
	return &sheet{rows, curves, l}, nil
}

// book reads the figures of a tally with the sheet's layout.
func (s *sheet) book(t *tally, stated scoremap.Threshold) (*Book, error) {
	b := &Book{
		Values: map[string]float64{}, Counted: map[string]int{}, Best: Thresholds{}, AtVal: Thresholds{},
		Stated: stated, marked: t.marked,
	}
	for i, v := range t.values() {
		if v == v {
			b.Values[t.figures[i].key] = v
		}
	}
	if b.Counted[pxap] = t.pixels.Images(); b.Counted[pxap] > 0 {
		if _, err := t.pixels.AveragePrecision(); err != nil {
			return nil, err
		}
	}
	for i, key := range t.layout.shares {
		if t.shares[i].Images() > 0 {
			b.Values[key] = t.shares[i].Percent()
		}
	}
	best, k := t.best(), 0
	for _, f := range s.rows {
		if f.hits == nil {
			continue
		}
		if n := t.curves[k].Images(); n > 0 {
			b.Counted[f.Key] = n
			if f.Grid.N > 1 {
				b.Best[f.Key] = f.Grid.At(best[k])
			}
			if at := s.curves[k].Chosen; at != nil {
				b.AtVal[f.Key] = f.Grid.At(*at)
			}
		}
		k++
	}
	b.Curve = s.curve(t)
	return b, nil
}

// ConstantMaps returns the number of images whose map is constant.
func (b *Book) ConstantMaps() int { return b.count(constantMap) }

// NaNMaps returns the number of images whose map has a NaN, or would have had one.
func (b *Book) NaNMaps() int { return b.count(nanMap) }

// MeasuredConstantMaps returns the number of images with boxes whose map is constant.
func (b *Book) MeasuredConstantMaps() int { return b.count(constantBoxed) }

// MeasuredNaNMaps returns the number of images with boxes whose map has a NaN.
func (b *Book) MeasuredNaNMaps() int { return b.count(nanBoxed) }

// NaNLogits returns the number of images with a NaN among their logits.
func (b *Book) NaNLogits() int { return b.count(nanLogits) }

// Ended returns the number of images whose top-1 localization at the stated fraction ended in one
// of Endings.
func (b *Book) Ended(ending string) int {
	if i := slices.Index(endings[:], ending); i >= 0 {
		return b.count(firstEnding << i)
	}
	return 0
}

// count returns the number of images that have a mark.
func (b *Book) count(m marks) int { return b.marked[bits.TrailingZeros32(uint32(m))] }

// boxRows holds for the accuracies of a map's boxes.
func boxRows(f *Figure) bool { return f.OfMap && f.Need == Boxes && f.share == nil }
