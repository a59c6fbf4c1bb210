package portable

import (
	"math/rand/v2"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
)

// layer is a convolution of a network at the batch size that its benchmark uses.
type layer struct {
	name string
	kernel.ConvGeom
}

// square is a layer with one size and one distance on both axes.
func square(name string, n, c, hw, o, k, stride, pad, groups int) layer {
	return layer{name, kernel.ConvGeom{
		N: n, C: c, H: hw, W: hw, O: o, KH: k, KW: k, StrideH: stride, StrideW: stride,
		PadH: pad, PadW: pad, DilH: 1, DilW: 1, Groups: groups,
	}}
}

func benchLayers() []layer {
	return []layer{
		square("squeezenet-conv1", 32, 3, 224, 64, 3, 2, 0, 1),
		square("fire-squeeze-128-16@55", 32, 128, 55, 16, 1, 1, 0, 1),
		square("fire-expand1-16-64@55", 32, 16, 55, 64, 1, 1, 0, 1),
		square("fire-expand3-16-64@55", 32, 16, 55, 64, 3, 1, 1, 1),
		square("fire-expand3-32-128@27", 32, 32, 27, 128, 3, 1, 1, 1),
		square("fire-expand3-48-192@13", 32, 48, 13, 192, 3, 1, 1, 1),
		square("fire-expand3-64-256@13", 32, 64, 13, 256, 3, 1, 1, 1),
		square("fire-squeeze-512-64@13", 32, 512, 13, 64, 1, 1, 0, 1),
		square("resnet-conv1", 8, 3, 224, 64, 7, 2, 3, 1),
		square("resnet-3x3-64@56", 8, 64, 56, 64, 3, 1, 1, 1),
		square("resnet-3x3s2-64-128@56", 8, 64, 56, 128, 3, 2, 1, 1),
		square("resnet-3x3-256@14", 8, 256, 14, 256, 3, 1, 1, 1),
		square("resnet-3x3-512@7", 8, 512, 7, 512, 3, 1, 1, 1),
		square("resnet-1x1-256-64@56", 8, 256, 56, 64, 1, 1, 0, 1),
		square("resnet-1x1-64-256@56", 8, 64, 56, 256, 1, 1, 0, 1),
		square("resnet-1x1-1024-512@14", 8, 1024, 14, 512, 1, 1, 0, 1),
		square("resnet-1x1s2-512-1024@28", 8, 512, 28, 1024, 1, 2, 0, 1),
		square("head-3x3-512-1024@14", 8, 512, 14, 1024, 3, 1, 1, 1),
	}
}

// passes are the three computations of a convolution by name.
func passes(g kernel.ConvGeom) map[string]kernel.Spec {
	return map[string]kernel.Spec{
		"forward":  kernel.Conv{ConvGeom: g},
		"backdata": kernel.ConvBackData{ConvGeom: g}, "backweights": kernel.ConvBackWeights{ConvGeom: g},
	}
}

func BenchmarkConv(b *testing.B) {
	p := New(0)
	defer p.Close()
	for _, l := range benchLayers() {
		for name, s := range passes(l.ConvGeom) {
			if c, ok := s.(kernel.Conv); ok {
				c.Bias = true
				s = c
			}
			r, err := p.Compile(s, make([]backend.Layout, len(s.In())))
			if err != nil {
				b.Fatal(err)
			}
			b.Run(l.name+"/"+name, func(b *testing.B) { benchRoutine(b, s, r) })
		}
	}
}

// BenchmarkDepthwise holds the direct kernels of MobileNetV2's largest layers to the matrix product
// that serves all other convolutions.
func BenchmarkDepthwise(b *testing.B) {
	p := New(0)
	defer p.Close()
	for _, l := range []layer{
		square("96@112s2", 8, 96, 112, 96, 3, 2, 1, 96), square("144@56", 8, 144, 56, 144, 3, 1, 1, 144),
		square("384@14", 8, 384, 14, 384, 3, 1, 1, 384),
		square("240@28k5", 8, 240, 28, 240, 5, 1, 2, 240),
	} {
		g := l.ConvGeom
		benchWays(b, l, "direct", map[string]*backend.Routine{
			"forward":     p.depthwiseConv(kernel.Conv{ConvGeom: g}),
			"backdata":    p.depthwiseBackData(kernel.ConvBackData{ConvGeom: g}),
			"backweights": p.depthwiseBackWeights(kernel.ConvBackWeights{ConvGeom: g}),
		})
		benchWays(b, l, "product", p.products(g))
	}
}

// BenchmarkGrouped holds joined groups to the product of each group, on ResNeXt-50's layers.
func BenchmarkGrouped(b *testing.B) {
	p := New(0)
	defer p.Close()
	for _, l := range []layer{
		square("128@56", 4, 128, 56, 128, 3, 1, 1, 32), square("256@28", 4, 256, 28, 256, 3, 1, 1, 32),
	} {
		g := l.ConvGeom
		j, m := joined(g)
		benchWays(b, l, "joined", map[string]*backend.Routine{
			"forward":     p.convJoined(kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g}}, j, m),
			"backdata":    p.joinedBackData(kernel.ConvBackData{ConvGeom: g}, j, m),
			"backweights": p.joinedBackWeights(kernel.ConvBackWeights{ConvGeom: g}, j, m),
		})
		benchWays(b, l, "each", p.products(g))
	}
}

// products are the passes of a convolution as matrix products of each group.
func (p *Backend) products(g kernel.ConvGeom) map[string]*backend.Routine {
	return map[string]*backend.Routine{
		"forward":     p.convProduct(kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g}}),
		"backdata":    p.convBackData(kernel.ConvBackData{ConvGeom: g}),
		"backweights": p.convBackWeights(kernel.ConvBackWeights{ConvGeom: g}),
	}
}

func benchWays(b *testing.B, l layer, way string, routines map[string]*backend.Routine) {
	for pass, r := range routines {
		b.Run(l.name+"/"+pass+"/"+way, func(b *testing.B) {
			benchRoutine(b, passes(l.ConvGeom)[pass], r)
		})
	}
}

// benchRoutine reports GFLOP/s of a convolution, a product and a sum counted as two.
func benchRoutine(b *testing.B, s kernel.Spec, r *backend.Routine) {
	rng := rand.New(rand.NewPCG(1, 2))
	var in [][]float32
	for _, shape := range s.In() {
		in = append(in, suite.Random(rng, kernel.Elements(shape)))
	}
	out, scratch := make([]float32, kernel.Elements(s.Out())), make([]float32, r.Scratch)
	r.Run(out, in, scratch)
	b.ReportAllocs()
	for b.Loop() {
		r.Run(out, in, scratch)
	}
	b.ReportMetric(float64(kernel.FLOPs(s))*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
