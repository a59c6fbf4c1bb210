package data

import "math/rand/v2"

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

// Uses of randomness; each draws from a stream of its own.
const (
	forOrder uint64 = iota + 1
	forSample
	forSynth
)

// newRand is a generator that is a pure function of its arguments.
func newRand(use uint64, values ...uint64) *rand.Rand {
	h := mix(append([]uint64{use}, values...)...)
	return rand.New(rand.NewPCG(h, mix(h)))
}

// order is the order of n samples in an epoch, a pure function of its arguments.
func order(seed uint64, epoch, n int) []int {
	return newRand(forOrder, seed, uint64(epoch)).Perm(n)
}
