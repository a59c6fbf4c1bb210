// Package starter makes the first recipe for photographs of somebody's own: it chooses a network
// and a schedule by the number of images and classes and by how fast this machine trains, and
// writes them with comments.
package starter

import (
	"math"
	"strings"
	"time"

	"acol/internal/scout"
)

// Network is a network that a first recipe may have, with the settings that train it well.
type Network struct {
	Arch, Depth, Kinds, Head string
	// Name is what people call the network.
	Name string
	// Deltas are the erasing thresholds of the branches.
	Deltas string
	// Stride is the output stride that differs from the network's usual one; 0 is the usual one.
	Stride int
	// Backbone and Heads are the learning rates.
	Backbone, Heads string
	// Pace is the factor on the number of epochs.
	Pace float64
	// Least is the smallest batch. Batch norm needs several images to be of use.
	Least int
	// Why says why the network is taken, as a comment in the recipe.
	Why string
}

// The networks. The rates, deltas and epochs are those of docs/results/cub16.md and of the recipes
// for CUB-200-2011.
var (
	squeezeNet = Network{
		Name: "SqueezeNet 1.1", Arch: "squeezenet", Depth: "1.1", Kinds: "pp", Deltas: "[0.6]",
		Backbone: "2e-4", Heads: "2e-3", Pace: 1, Least: 1,
		Why: "the fastest network; its maps are good",
	}
	mobileNet = Network{
		Name: "MobileNetV2", Arch: "mobilenet", Depth: "v2", Kinds: "p", Deltas: "[]", Stride: 16,
		Backbone: "1e-3", Heads: "1e-2", Pace: 0.5, Least: 16,
		Why: "tells many classes apart, and is fast",
	}
	resNet = Network{
		Name: "ResNet-50", Arch: "resnet", Depth: "50", Kinds: "pp", Deltas: "[0.6]", Head: "conv",
		Stride: 16, Backbone: "2e-4", Heads: "2e-3", Pace: 1, Least: 16,
		Why: "tells many classes apart",
	}
)

// fewClasses are classes that the fastest network tells apart as well as others do.
const fewClasses = 30

// Ladder lists the networks for a data set, the best first. Each is at least twice as fast as the
// one before it.
func Ladder(f *scout.Found) []Network {
	if len(f.Classes) <= fewClasses {
		return []Network{squeezeNet}
	}
	return []Network{resNet, mobileNet, squeezeNet}
}

// Find returns the network of a family and, where depth is not "", of that depth.
func Find(arch, depth string) (Network, bool) {
	for _, n := range []Network{squeezeNet, mobileNet, resNet} {
		if n.Arch == arch && (depth == "" || n.Depth == depth) {
			return n, true
		}
	}
	return Network{}, false
}

// Other is a network of another family, with settings that usually train.
func Other(arch, depth string) Network {
	return Network{
		Name: arch, Arch: arch, Depth: depth, Kinds: "pp", Deltas: "[0.6]",
		Backbone: "2e-4", Heads: "2e-3", Pace: 1, Least: 16,
	}
}

// Branches gives the network other branches, with usual erasing thresholds.
func (n Network) Branches(kinds string) Network {
	n.Kinds = kinds
	n.Deltas = "[" + strings.TrimSuffix(strings.Repeat("0.6, ", max(0, len(kinds)-1)), ", ") + "]"
	return n
}

// Batch is the number of images of a step, for a number of training images: few images make small
// batches, so that an epoch has several steps.
func (n Network) Batch(images int) int {
	batch := 32
	switch {
	case images < 16:
		batch = images
	case images < 64:
		batch = 8
	case images < 256:
		batch = 16
	}
	return max(1, min(max(batch, n.Least), images))
}

// Epochs is how often the network should see each of a number of training images. 400 photographs
// of 16 classes take 24 epochs with SqueezeNet. Fewer images need a few epochs more, since an epoch
// then has fewer steps; many need less.
func (n Network) Epochs(images int) int {
	const usual, least = 400, 6
	power := 0.25
	if images < usual {
		power = 0.1
	}
	epochs := 24 * math.Pow(usual/float64(max(images, 1)), power)
	return max(least, int(math.Round(n.Pace*epochs)))
}

// Speed is what was measured of a network and of images on this machine.
type Speed struct {
	// Rate is the number of images that the network trains on in a second.
	Rate float64
	// Decode is the time that an image takes to be decoded, with all processors at work.
	Decode time.Duration
	// Precision is the number format in which Rate was measured: fp32 or bf16.
	Precision string
	// Gain is by how much Rate is higher than in fp32.
	Gain float64
}

// inferring is how many times as fast a network infers as it trains.
const inferring = 2.5

// Facts are the numbers that an estimate needs.
type Facts struct {
	// Train and Val are the numbers of images of an epoch and of its validation.
	Train, Val int
	Epochs     int
	// Cached is how many decoded images the cache holds.
	Cached int
}

// Estimate is how long a training takes. Decoding and computing go on at the same time, and images
// that fit into the cache are decoded once.
func (f Facts) Estimate(s Speed) time.Duration {
	compute := float64(f.Train)/s.Rate + float64(f.Val)/(s.Rate*inferring)
	decode := float64(f.Train+f.Val) * s.Decode.Seconds()
	first := max(compute, decode)
	if f.Train <= f.Cached {
		decode = 0
	}
	seconds := first + float64(f.Epochs-1)*max(compute, decode)
	return time.Duration(seconds * float64(time.Second))
}
