// Package section holds the ranges, and a type of value, that several sections of a recipe have
// alike. Each Check function calls bad with the key and a message if a value is out of its range.
package section

import "fmt"

// maxBatch is far beyond what any machine's memory holds.
const maxBatch = 65_536

// CheckBatchSize wants a number of images that go through the network at once.
func CheckBatchSize(bad func(key, msg string), key string, v int) {
	CheckCount(bad, key, v, "images")
}

// CheckCount wants a number of things that a batch or a step is made of.
func CheckCount(bad func(key, msg string), key string, v int, things string) {
	if v < 1 || v > maxBatch {
		bad(key, fmt.Sprintf("%d is not in 1 to %d %s", v, maxBatch, things))
	}
}

// CheckRange wants a number from least to most.
func CheckRange(bad func(key, msg string), key string, v, least, most float64) {
	if !(v >= least && v <= most) {
		bad(key, fmt.Sprintf("%g is not in %g to %g", v, least, most))
	}
}

// CheckProbability wants a number from 0 to 1.
func CheckProbability(bad func(key, msg string), key string, v float64) {
	if !(v >= 0 && v <= 1) {
		bad(key, fmt.Sprintf("%g is not a probability in 0 to 1", v))
	}
}
