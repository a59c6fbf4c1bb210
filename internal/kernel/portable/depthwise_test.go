package portable

import (
	"math/rand/v2"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kerneltest"
)

// BenchmarkDepthwise holds the direct kernels of MobileNetV2's largest layers to the matrix
// product that serves all other convolutions.
func BenchmarkDepthwise(b *testing.B) {
	p := New(0)
	defer p.Close()
	for _, l := range []struct {
		name              string
		c, hw, stride, kw int
	}{{"96@112s2", 96, 112, 2, 3}, {"144@56", 144, 56, 1, 3}, {"384@14", 384, 14, 1, 3}, {"240@28k5", 240, 28, 1, 5}} {
		g := kernel.ConvGeom{N: 8, C: l.c, H: l.hw, W: l.hw, O: l.c, KH: l.kw, KW: l.kw, StrideH: l.stride, StrideW: l.stride, PadH: l.kw / 2, PadW: l.kw / 2, DilH: 1, DilW: 1, Groups: l.c}
		for _, s := range []struct {
			name            string
			direct, product *backend.Routine
			in              [2]kernel.Shape4
		}{
			{"forward", p.depthwiseConv(kernel.Conv{ConvGeom: g}), p.convProduct(kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g}}), [2]kernel.Shape4{g.X(), g.Weights()}},
			{"backdata", p.depthwiseBackData(kernel.ConvBackData{ConvGeom: g}), p.convBackData(kernel.ConvBackData{ConvGeom: g}), [2]kernel.Shape4{g.Weights(), g.Y()}},
			{"backweights", p.depthwiseBackWeights(kernel.ConvBackWeights{ConvGeom: g}), p.convBackWeights(kernel.ConvBackWeights{ConvGeom: g}), [2]kernel.Shape4{g.X(), g.Y()}},
		} {
			for name, step := range map[string]*backend.Routine{"direct": s.direct, "product": s.product} {
				b.Run(l.name+"/"+s.name+"/"+name, func(b *testing.B) {
					rng := rand.New(rand.NewPCG(1, 2))
					in := [][]float32{kerneltest.Random(rng, s.in[0].Size()), kerneltest.Random(rng, s.in[1].Size())}
					out, scratch := make([]float32, max(g.X().Size(), g.Y().Size())), make([]float32, step.Scratch)
					for b.Loop() {
						step.Run(out, in, scratch)
					}
					oh, ow := g.OutHW()
					b.ReportMetric(2*float64(g.N*oh*ow*g.C*g.KH*g.KW)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}

// BenchmarkGrouped holds joined groups to the product of each group, on ResNeXt-50's layers.
func BenchmarkGrouped(b *testing.B) {
	p := New(0)
	defer p.Close()
	for _, l := range []struct {
		name  string
		c, hw int
	}{{"128@56", 128, 56}, {"256@28", 256, 28}} {
		g := kernel.ConvGeom{N: 4, C: l.c, H: l.hw, W: l.hw, O: l.c, KH: 3, KW: 3, StrideH: 1, StrideW: 1, PadH: 1, PadW: 1, DilH: 1, DilW: 1, Groups: 32}
		j, m := joined(g)
		for _, s := range []struct {
			name         string
			joined, each *backend.Routine
			in           [2]kernel.Shape4
		}{
			{"forward", p.convJoined(kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g}}, j, m), p.convProduct(kernel.ConvAct{Conv: kernel.Conv{ConvGeom: g}}), [2]kernel.Shape4{g.X(), g.Weights()}},
			{"backdata", p.joinedBackData(kernel.ConvBackData{ConvGeom: g}, j, m), p.convBackData(kernel.ConvBackData{ConvGeom: g}), [2]kernel.Shape4{g.Weights(), g.Y()}},
			{"backweights", p.joinedBackWeights(kernel.ConvBackWeights{ConvGeom: g}, j, m), p.convBackWeights(kernel.ConvBackWeights{ConvGeom: g}), [2]kernel.Shape4{g.X(), g.Y()}},
		} {
			for name, step := range map[string]*backend.Routine{"joined": s.joined, "each": s.each} {
				b.Run(l.name+"/"+s.name+"/"+name, func(b *testing.B) {
					rng := rand.New(rand.NewPCG(1, 2))
					in := [][]float32{kerneltest.Random(rng, s.in[0].Size()), kerneltest.Random(rng, s.in[1].Size())}
					out, scratch := make([]float32, max(g.X().Size(), g.Y().Size())), make([]float32, step.Scratch)
					for b.Loop() {
						step.Run(out, in, scratch)
					}
				})
			}
		}
	}
}
