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
	return appendCounts(nil, counts)
}

// appendCounts packs counts by bin behind what is there; it never returns nil.
func appendCounts(h Histogram, counts []uint32) Histogram {
	if h == nil {
		h = Histogram{}
	}
	before := -1
	for bin, n := range counts {
		if n > 0 {
			if step := bin - before; step < 0x80 && n < 0x80 {
				h = append(h, byte(step), byte(n))
			} else {
				h = binary.AppendUvarint(h, uint64(step))
				h = binary.AppendUvarint(h, uint64(n))
			}
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
		var step, n uint64
		if len(h) > 1 && (h[0]|h[1]) < 0x80 { // as most are, and resamples add millions of them
			step, n, h = uint64(h[0]), uint64(h[1]), h[2:]
		} else {
			var a, b int
			step, a = binary.Uvarint(h)
			n, b = binary.Uvarint(h[max(a, 0):])
			if a <= 0 || b <= 0 || n > maxCount {
				return errDamaged
			}
			h = h[a+b:]
		}
		if step < 1 || step >= uint64(len(dst)-bin) {
			return errDamaged
		}
		bin += int(step)
		dst[bin] += weight * int64(n)
	}
	return nil
}

var errDamaged = errors.New("a histogram is damaged")
