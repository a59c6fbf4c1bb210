// Package seeded makes random generators without state: what one draws is a pure function of a use
// and of numbers such as a seed, an epoch and an image. So a resumed run needs only its place, and
// the number of workers changes nothing.
package seeded

import "math/rand/v2"

// Use names what random numbers are for; each use draws from a stream of its own. The numbers are
// part of what a seed means, and so they do not change.
type Use uint64

// The uses of randomness.
const (
	// Order is the order of the images of an epoch.
	Order Use = iota + 1
	// Sample is the augmentation of one image.
	Sample
	// Synth is the drawing of made data.
	Synth
	// Share is the choice of the images that are held out for val and test.
	Share
)

// Rand is a generator that is a pure function of its arguments.
func Rand(use Use, values ...uint64) *rand.Rand {
	h := mix(append([]uint64{uint64(use)}, values...)...)
	return rand.New(rand.NewPCG(h, mix(h)))
}

// mix is splitmix64's output function folded over the values: near values give unrelated results.
func mix(values ...uint64) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, v := range values {
		h += v + 0x9e3779b97f4a7c15
		h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
		h = (h ^ h>>27) * 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}
