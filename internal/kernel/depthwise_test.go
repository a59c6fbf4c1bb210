package kernel

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkDepthwise holds the direct kernels of MobileNetV2's largest layers to the matrix
// product that serves all other convolutions.
func BenchmarkDepthwise(b *testing.B) {
	p := NewPortable(0)
	defer p.Close()
	for _, l := range []struct {
		name              string
		c, hw, stride, kw int
	}{{"96@112s2", 96, 112, 2, 3}, {"144@56", 144, 56, 1, 3}, {"384@14", 384, 14, 1, 3}, {"240@28k5", 240, 28, 1, 5}} {
		g := ConvGeom{N: 8, C: l.c, H: l.hw, W: l.hw, O: l.c, KH: l.kw, KW: l.kw, StrideH: l.stride, StrideW: l.stride, PadH: l.kw / 2, PadW: l.kw / 2, DilH: 1, DilW: 1, Groups: l.c}
		for _, s := range []struct {
			name            string
			direct, product *Step
			in              [2]Shape4
		}{
			{"forward", p.depthwiseConv(Conv{g, false}), p.convProduct(ConvAct{Conv: Conv{g, false}}), [2]Shape4{g.X(), g.Weights()}},
			{"backdata", p.depthwiseBackData(ConvBackData{g}), p.convBackData(ConvBackData{g}), [2]Shape4{g.Weights(), g.Y()}},
			{"backweights", p.depthwiseBackWeights(ConvBackWeights{g}), p.convBackWeights(ConvBackWeights{g}), [2]Shape4{g.X(), g.Y()}},
		} {
			for name, step := range map[string]*Step{"direct": s.direct, "product": s.product} {
				b.Run(l.name+"/"+s.name+"/"+name, func(b *testing.B) {
					rng := rand.New(rand.NewPCG(1, 2))
					in := [][]float32{random(rng, s.in[0].Size()), random(rng, s.in[1].Size())}
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
	p := NewPortable(0)
	defer p.Close()
	for _, l := range []struct {
		name  string
		c, hw int
	}{{"128@56", 128, 56}, {"256@28", 256, 28}} {
		g := ConvGeom{N: 4, C: l.c, H: l.hw, W: l.hw, O: l.c, KH: 3, KW: 3, StrideH: 1, StrideW: 1, PadH: 1, PadW: 1, DilH: 1, DilW: 1, Groups: 32}
		j, m := g.joined()
		for _, s := range []struct {
			name         string
			joined, each *Step
			in           [2]Shape4
		}{
			{"forward", p.convJoined(ConvAct{Conv: Conv{g, false}}, j, m), p.convProduct(ConvAct{Conv: Conv{g, false}}), [2]Shape4{g.X(), g.Weights()}},
			{"backdata", p.joinedBackData(ConvBackData{g}, j, m), p.convBackData(ConvBackData{g}), [2]Shape4{g.Weights(), g.Y()}},
			{"backweights", p.joinedBackWeights(ConvBackWeights{g}, j, m), p.convBackWeights(ConvBackWeights{g}), [2]Shape4{g.X(), g.Y()}},
		} {
			for name, step := range map[string]*Step{"joined": s.joined, "each": s.each} {
				b.Run(l.name+"/"+s.name+"/"+name, func(b *testing.B) {
					rng := rand.New(rand.NewPCG(1, 2))
					in := [][]float32{random(rng, s.in[0].Size()), random(rng, s.in[1].Size())}
					out, scratch := make([]float32, max(g.X().Size(), g.Y().Size())), make([]float32, step.Scratch)
					for b.Loop() {
						step.Run(out, in, scratch)
					}
				})
			}
		}
	}
}
