package model

import (
	"hash/fnv"
	"math"
	"math/rand/v2"

	"acol/internal/kernel"
)

// rng draws the initial values of one parameter. What it draws depends on the seed and the
// parameter's name alone, so that adding a layer leaves the others as they were.
type rng = rand.Rand

func newRNG(seed uint64, name string) *rng {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// constant initialises every element with v.
func constant(v float32) initializer {
	return func(p *Param, _ *rng) {
		for i := range p.Data {
			p.Data[i] = v
		}
	}
}

// fanIn returns how many inputs one output of a convolution has, by the convolution's weight.
func fanIn(p *Param) float64 { return float64(kernel.Elements(p.Shape[1:])) }

// kaimingUniform is torch.nn.init.kaiming_uniform_ for ReLU: U(-b,b) with b = sqrt(6/fan_in).
// torchvision's SqueezeNet starts from it.
func kaimingUniform(p *Param, r *rng) { uniform(p, r, math.Sqrt(6/fanIn(p))) }

// kaimingNormal is torch.nn.init.kaiming_normal_(mode="fan_out",
// nonlinearity="relu"), from which torchvision's ResNets start.
func kaimingNormal(p *Param, r *rng) {
	fanOut := float64(p.Shape[0] * kernel.Elements(p.Shape[2:]))
	normal(math.Sqrt(2/fanOut))(p, r)
}

// normal draws from the normal distribution of that standard deviation around 0.
func normal(sd float64) initializer {
	return func(p *Param, r *rng) {
		for i := range p.Data {
			p.Data[i] = float32(r.NormFloat64() * sd)
		}
	}
}

// caffeXavier is Caffe's filler xavier: U(-b,b) with b = sqrt(3/fan_in).
func caffeXavier(p *Param, r *rng) { uniform(p, r, math.Sqrt(3/fanIn(p))) }

// torchDefault is how torch.nn.Conv2d initialises itself, weight and bias alike: U(-b,b) with b =
// 1/sqrt(fan_in).
func torchDefault(fanIn int) initializer {
	return func(p *Param, r *rng) { uniform(p, r, 1/math.Sqrt(float64(fanIn))) }
}

func uniform(p *Param, r *rng, bound float64) {
	for i := range p.Data {
		p.Data[i] = float32((2*r.Float64() - 1) * bound)
	}
}
