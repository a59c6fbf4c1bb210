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
	for at := 0; at < len(h); {
		step, a := uvarint(h, at)
		n, b := uvarint(h, at+a)
		if a <= 0 || b <= 0 || step < 1 || step > uint64(len(dst)) || n > maxCount {
			return errDamaged
		}
		if bin += int(step); bin >= len(dst) {
			return errDamaged
		}
		dst[bin] += weight * int64(n)
		at += a + b
	}
	return nil
}

// uvarint is binary.Uvarint from a place on, with a short way for the single bytes that most
// numbers of a histogram are: resamples add millions of them.
func uvarint(h Histogram, at int) (v uint64, length int) {
	if at >= 0 && at < len(h) {
		if c := h[at]; c < 0x80 {
			return uint64(c), 1
		}
		return binary.Uvarint(h[at:])
	}
	return 0, 0
}

var errDamaged = errors.New("a histogram is damaged")
