package metric

import (
	"encoding/json"
	"fmt"
)

// Curve counts the images that are right at each threshold of a grid. It is the accumulator of
// every accuracy: of one at a fixed threshold, on a grid of one, and of one at the threshold
// that is best for all images together.
type Curve struct {
	images int64
	// change[i] is by how much the number of right images differs between threshold i-1 and i.
	change []int64
}

// NewCurve returns a curve without images on a grid of n thresholds.
func NewCurve(n int) *Curve { return &Curve{change: make([]int64, n+1)} }

// Add counts an image, which is right at the runs of the curve's grid, weight times. An image
// with nil runs is not counted.
func (c *Curve) Add(r Runs, weight int64) {
	if r == nil {
		return
	}
	c.images += weight
	for _, run := range r {
		c.change[run[0]] += weight
		c.change[run[1]] -= weight
	}
}

// Merge adds what another worker counted on the same grid.
func (c *Curve) Merge(d *Curve) error {
	if len(c.change) != len(d.change) {
		return fmt.Errorf("merging accuracies at %d thresholds: want %d",
			len(d.change)-1, len(c.change)-1)
	}
	c.images += d.images
	for i, n := range d.change {
		c.change[i] += n
	}
	return nil
}

// counts is what accumulators say of themselves to other processes, in JSON.
type counts struct {
	Images int64     `json:"images"`
	Of     [][]int64 `json:"of"`
}

// MarshalJSON writes the counts.
func (c *Curve) MarshalJSON() ([]byte, error) {
	return json.Marshal(counts{c.images, [][]int64{c.change}})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Curve) UnmarshalJSON(b []byte) error {
	var n counts
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if len(n.Of) != 1 {
		return fmt.Errorf("counts of %d kinds, want 1", len(n.Of))
	}
	c.images, c.change = n.Images, n.Of[0]
	return nil
}

// Images returns the number of images that were counted.
func (c *Curve) Images() int { return int(c.images) }

// Best returns the lowest of the best thresholds, as np.argmax does, with the accuracy there in
// percent.
func (c *Curve) Best() (i int, accuracy float64) {
	right, best := int64(0), int64(-1)
	for k, change := range c.change[:len(c.change)-1] {
		if right += change; right > best {
			i, best = k, right
		}
	}
	return i, percent(best, c.images)
}

// Accuracies returns the accuracy in percent at each threshold.
func (c *Curve) Accuracies() []float64 {
	out, right := make([]float64, len(c.change)-1), int64(0)
	for i := range out {
		right += c.change[i]
		out[i] = percent(right, c.images)
	}
	return out
}

// percent returns 100*count/of, rounded as the reference does, and 0 of none.
func percent(count, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(count) * 100 / float64(of)
}
