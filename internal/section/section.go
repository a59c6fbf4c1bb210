// Package section holds the ranges and the default that several sections of a recipe have alike.
// Each function calls bad with the key and a message if a value is out of its range.
package section

import "fmt"

// CAMThreshold is the CAM paper's threshold (Zhou et al., CVPR 2016): a box holds what is above 20
// % of the score map's maximum.
const CAMThreshold = 0.2

// CheckThreshold wants a fraction of a score map's maximum: at 1 no pixel would be above it.
func CheckThreshold(bad func(key, msg string), key string, v float64) {
	if !(v >= 0 && v < 1) {
		bad(key, fmt.Sprintf("%g is not in 0 to below 1, a fraction of the map's maximum", v))
	}
}

// maxBatch is far beyond what any machine's memory holds.
const maxBatch = 65_536

// CheckBatchSize wants a number of images that go through the network at once.
func CheckBatchSize(bad func(key, msg string), key string, v int) {
	if v < 1 || v > maxBatch {
		bad(key, fmt.Sprintf("%d is not in 1 to %d images", v, maxBatch))
	}
}
