package metric

import (
	"encoding/json"
	"errors"
	"math"
)

// Mean accumulates the mean over images of a share in [0,1]. It sums in units of 2^-32, so that
// the order of images does not matter to the last bit. The zero value is ready.
type Mean struct {
	images, sum int64
}

// meanUnits is how many units of the sum 1 has.
const meanUnits = 1 << 32

// Add counts an image.
func (m *Mean) Add(share float64) {
	m.images++
	m.sum += int64(math.Round(share * meanUnits))
}

// Merge adds what another worker counted.
func (m *Mean) Merge(n *Mean) {
	m.images += n.images
	m.sum += n.sum
}

// MarshalJSON writes the counts.
func (m *Mean) MarshalJSON() ([]byte, error) {
	return json.Marshal(counts{m.images, [][]int64{{m.sum}}})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Mean) UnmarshalJSON(b []byte) error {
	var n counts
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if len(n.Of) != 1 || len(n.Of[0]) != 1 {
		return errors.New("counts of a mean: want one sum")
	}
	m.images, m.sum = n.Images, n.Of[0][0]
	return nil
}

// Images returns the number of images that were counted.
func (m *Mean) Images() int { return int(m.images) }

// Percent returns the mean in percent, 0 without images.
func (m *Mean) Percent() float64 {
	if m.images == 0 {
		return 0
	}
	return 100 * (float64(m.sum) / meanUnits) / float64(m.images)
}
