package metric

import (
	"encoding/binary"
	"errors"
)

// Histogram holds the counts of one image by bin, sparsely: for each bin that is not empty two
// varints, the distance from the one before (from -1 for the first) and the count. JSON has it
// in base64.
type Histogram []byte

// NewHistogram packs counts by bin.
func NewHistogram(counts []uint32) Histogram {
	h := Histogram{}
	before := -1
	for bin, n := range counts {
		if n > 0 {
			h = binary.AppendUvarint(h, uint64(bin-before))
			h = binary.AppendUvarint(h, uint64(n))
			before = bin
		}
	}
	return h
}

// maxCount bounds what one bin of a histogram may hold, so that sums over images fit an int64.
const maxCount = 1 << 32

// AddTo adds the counts to dst by bin, weight times each. A histogram that was not written by
// this package, or that has more bins than dst, is an error.
func (h Histogram) AddTo(dst []int64, weight int64) error {
	bin := -1
	for len(h) > 0 {
		step, a := binary.Uvarint(h)
		n, b := binary.Uvarint(h[max(a, 0):])
		if a <= 0 || b <= 0 || step < 1 || step > uint64(len(dst)) || n > maxCount {
			return errDamaged
		}
		if bin += int(step); bin >= len(dst) {
			return errDamaged
		}
		dst[bin] += weight * int64(n)
		h = h[a+b:]
	}
	return nil
}

var errDamaged = errors.New("a histogram is damaged")
