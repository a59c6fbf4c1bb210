package metric

import (
	"encoding/json"
	"errors"
	"fmt"

	"acol/internal/cam"
)

// PixelBins sorts the scores of one map after another into histograms: what one image says for
// PxAP (Choe et al., section 3.3; MaskEvaluator in wsolevaluation). Buffers are reused from map to
// map, so one PixelBins is not for concurrent use.
type PixelBins struct {
	perStep       float64   // 1 over the step
	edges         []float64 // of the bins: the thresholds, then 1, 2, 3
	object, other []uint32
	packed        Histogram
}

// NewPixelBins returns the bins of a grid of thresholds. Bin i holds the scores from threshold i
// to below the next one, the bin after the last threshold holds 1, and one more stays empty.
func NewPixelBins(g Grid) *PixelBins {
	b := &PixelBins{perStep: 1 / g.Step, edges: append(g.Values(), 1, 2, 3)}
	b.object, b.other = make([]uint32, b.Bins()), make([]uint32, b.Bins())
	return b
}

// Bins returns the number of bins.
func (b *PixelBins) Bins() int { return len(b.edges) - 1 }

// Count returns the histograms of a score map with values in [0,1]: that of its pixels of an
// object and that of its others, those that are to be ignored left out. Both masks have the
// map's axes (H,W).
func (b *PixelBins) Count(score cam.Map, object, ignore []bool) (on, off Histogram, err error) {
	if n := len(score.V); n == 0 || len(object) != n || len(ignore) != n {
		return nil, nil, fmt.Errorf("pixel precision: masks of %d and %d pixels, want %d",
			len(object), len(ignore), n)
	}
	object, ignore = object[:len(score.V)], ignore[:len(score.V)] // spares checks of bounds
	clear(b.object)
	clear(b.other)
	for i, v := range score.V {
		if !(v >= 0 && v <= 1) {
			return nil, nil, fmt.Errorf("pixel precision: value %g at row %d, column %d, want [0,1]",
				v, i/score.W, i%score.W)
		}
		switch {
		case object[i]:
			b.object[b.bin(v)]++
		case !ignore[i]:
			b.other[b.bin(v)]++
		}
	}
	return b.pack(b.object), b.pack(b.other), nil
}

// pack returns a histogram that has no more memory than it needs, since records keep it.
func (b *PixelBins) pack(counts []uint32) Histogram {
	b.packed = appendCounts(b.packed[:0], counts)
	return append(make(Histogram, 0, len(b.packed)), b.packed...)
}

// bin returns the last bin whose lower edge is not above v: np.histogram's half-open bins.
func (b *PixelBins) bin(v float64) int {
	k := int(v * b.perStep) // or one beside it
	for k > 0 && b.edges[k] > v {
		k--
	}
	for b.edges[k+1] <= v {
		k++
	}
	return k
}

// PixelCurve accumulates the pixel average precision, PxAP: histograms of the scores at pixels of
// objects and at others, pooled over all images.
type PixelCurve struct {
	images        int64
	object, other []int64
}

// NewPixelCurve returns one without images for a number of bins.
func NewPixelCurve(bins int) *PixelCurve {
	return &PixelCurve{object: make([]int64, bins), other: make([]int64, bins)}
}

// Add counts the histograms of an image, weight times. An image with nil histograms has no masks
// and is not counted.
func (c *PixelCurve) Add(object, other Histogram, weight int64) error {
	if object == nil && other == nil {
		return nil
	}
	c.images += weight
	return errors.Join(object.AddTo(c.object, weight), other.AddTo(c.other, weight))
}

// Merge adds what another worker counted in the same bins.
func (c *PixelCurve) Merge(d *PixelCurve) error {
	if len(c.object) != len(d.object) {
		return fmt.Errorf("merging pixel precisions of %d bins: want %d",
			len(d.object), len(c.object))
	}
	c.images += d.images
	for k := range c.object {
		c.object[k] += d.object[k]
		c.other[k] += d.other[k]
	}
	return nil
}

// MarshalJSON writes the counts.
func (c *PixelCurve) MarshalJSON() ([]byte, error) {
	return json.Marshal(counts{c.images, [][]int64{c.object, c.other}})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *PixelCurve) UnmarshalJSON(b []byte) error {
	var n counts
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if len(n.Of) != 2 || len(n.Of[0]) != len(n.Of[1]) {
		return errors.New("counts of pixels: want those of objects and of others, in the same bins")
	}
	c.images, c.object, c.other = n.Images, n.Of[0], n.Of[1]
	return nil
}

// Images returns the number of images that were counted.
func (c *PixelCurve) Images() int { return int(c.images) }

// errNoObject is about images without any pixel of an object, where recall means nothing.
var errNoObject = errors.New("pixel precision: no pixel of an object in any mask")

// AveragePrecision returns PxAP in percent: the sum of precision times the gain of recall from the
// highest threshold to the lowest, without interpolation. No pixel of an object is an error.
func (c *PixelCurve) AveragePrecision() (float64, error) {
	all := sum(c.object)
	if all == 0 {
		return 0, errNoObject
	}
	area, before := 0.0, 0.0
	var tp, fp int64
	for k := len(c.object) - 1; k >= 0; k-- {
		tp += c.object[k]
		fp += c.other[k]
		recall := float64(tp) / float64(all)
		// The reference takes the area from the second highest bin on, which
		// loses nothing: scores end at 1 and that bin begins at 2.
		if tp+fp != 0 && k < len(c.object)-1 {
			area += float64(tp) / float64(tp+fp) * (recall - before)
		}
		before = recall
	}
	return 100 * area, nil
}

// Precisions returns precision and recall in percent of the pixels at or above each threshold
// of the grid. The precision of no pixel at all is 0.
func (c *PixelCurve) Precisions() (precision, recall []float64) {
	n := len(c.object) - 2 // the bins beyond the last threshold begin at 1 and 2
	precision, recall = make([]float64, n), make([]float64, n)
	all := sum(c.object)
	share := func(part, of int64) float64 {
		if of == 0 {
			return 0
		}
		return 100 * float64(part) / float64(of)
	}
	var tp, fp int64
	for k := len(c.object) - 1; k >= 0; k-- {
		tp += c.object[k]
		fp += c.other[k]
		if k < n {
			precision[k], recall[k] = share(tp, tp+fp), share(tp, all)
		}
	}
	return precision, recall
}

func sum(counts []int64) (all int64) {
	for _, n := range counts {
		all += n
	}
	return all
}
