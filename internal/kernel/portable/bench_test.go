package portable

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
)

// layer is a convolution of a network at the batch size that its benchmark uses.
type layer struct {
	name string
	kernel.ConvGeom
}

func benchLayers() []layer {
	square := func(name string, n, c, hw, o, k, stride, pad int) layer {
		return layer{name, kernel.ConvGeom{N: n, C: c, H: hw, W: hw, O: o, KH: k, KW: k, StrideH: stride, StrideW: stride, PadH: pad, PadW: pad, DilH: 1, DilW: 1, Groups: 1}}
	}
	return []layer{
		square("squeezenet-conv1", 32, 3, 224, 64, 3, 2, 0),
		square("fire-squeeze-128-16@55", 32, 128, 55, 16, 1, 1, 0),
		square("fire-expand1-16-64@55", 32, 16, 55, 64, 1, 1, 0),
		square("fire-expand3-16-64@55", 32, 16, 55, 64, 3, 1, 1),
		square("fire-expand3-32-128@27", 32, 32, 27, 128, 3, 1, 1),
		square("fire-expand3-48-192@13", 32, 48, 13, 192, 3, 1, 1),
		square("fire-expand3-64-256@13", 32, 64, 13, 256, 3, 1, 1),
		square("fire-squeeze-512-64@13", 32, 512, 13, 64, 1, 1, 0),
		square("resnet-conv1", 8, 3, 224, 64, 7, 2, 3),
		square("resnet-3x3-64@56", 8, 64, 56, 64, 3, 1, 1),
		square("resnet-3x3s2-64-128@56", 8, 64, 56, 128, 3, 2, 1),
		square("resnet-3x3-256@14", 8, 256, 14, 256, 3, 1, 1),
		square("resnet-3x3-512@7", 8, 512, 7, 512, 3, 1, 1),
		square("resnet-1x1-256-64@56", 8, 256, 56, 64, 1, 1, 0),
		square("resnet-1x1-64-256@56", 8, 64, 56, 256, 1, 1, 0),
		square("resnet-1x1-1024-512@14", 8, 1024, 14, 512, 1, 1, 0),
		square("resnet-1x1s2-512-1024@28", 8, 512, 28, 1024, 1, 2, 0),
		square("head-3x3-512-1024@14", 8, 512, 14, 1024, 3, 1, 1),
	}
}

// BenchmarkConv reports GFLOP/s, a product and a sum counted as two.
func BenchmarkConv(b *testing.B) {
	p := New(0)
	defer p.Close()
	for _, l := range benchLayers() {
		oh, ow := l.OutHW()
		flops := 2 * float64(l.N*oh*ow*l.O) * float64(l.C/l.Groups*l.KH*l.KW)
		for name, s := range map[string]kernel.Spec{"forward": kernel.Conv{ConvGeom: l.ConvGeom, Bias: true}, "backdata": kernel.ConvBackData{ConvGeom: l.ConvGeom}, "backweights": kernel.ConvBackWeights{ConvGeom: l.ConvGeom}} {
			b.Run(fmt.Sprintf("%s/%s", l.name, name), func(b *testing.B) {
				benchStep(b, p, s)
				b.ReportMetric(flops*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

func benchStep(b *testing.B, p *Backend, s kernel.Spec) {
	layouts := make([]backend.Layout, len(s.In()))
	for i, shape := range s.In() {
		layouts[i] = natural(shape)
	}
	step, err := p.Compile(s, layouts)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var in [][]float32
	for _, shape := range s.In() {
		in = append(in, kerneltest.Random(rng, kerneltest.Size(shape)))
	}
	out, scratch := make([]float32, kerneltest.Size(s.Out())), make([]float32, step.Scratch)
	step.Run(out, in, scratch)
	b.ReportAllocs()
	for b.Loop() {
		step.Run(out, in, scratch)
	}
}
