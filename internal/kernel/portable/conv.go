package portable

import (
	"slices"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// allTaps lists the kernel positions of a forward convolution.
func allTaps(g kernel.ConvGeom) []tap {
	var taps []tap
	for kh := range g.KH {
		for kw := range g.KW {
			taps = append(taps, tap{kh*g.DilH - g.PadH, kw*g.DilW - g.PadW})
		}
	}
	return taps
}

func (p *Backend) convAct(s kernel.ConvAct) *backend.Routine {
	if s.Depthwise() {
		return p.thenFinish(s, p.depthwiseConv(s.Conv))
	}
	if s.Act == kernel.ReLU6 { // the product knows ReLU alone
		before := s
		before.Act = kernel.NoAct
		return p.thenFinish(kernel.ConvAct{Conv: s.Conv, Act: s.Act}, p.convAct(before))
	}
	if j, m := joined(s.ConvGeom); m > 1 {
		return p.convJoined(s, j, m)
	}
	return p.convProduct(s)
}

// convProduct is a convolution as the product of patches and weights.
func (p *Backend) convProduct(s kernel.ConvAct) *backend.Routine {
	oh, ow := s.OutHW()
	cg, og, area := s.C/s.Groups, s.O/s.Groups, s.KH*s.KW
	g := &product{
		p:       p,
		patches: patches{h: s.H, w: s.W, ld: s.C, gh: oh, gw: ow, sy: s.StrideH, sx: s.StrideW},
		to:      places{h: oh, w: ow, ld: s.O, sy: 1, sx: 1},
		taps:    allTaps(s.ConvGeom), images: s.N, groups: s.Groups, c: cg, n: og,
		relu:        s.Act == kernel.ReLU,
		weightOrder: weightOrder{groupStride: og * cg * area, jStride: cg * area, count: 1},
	}
	for c := range cg {
		for t := range area {
			g.toRow = append(g.toRow, t*cg+c)
		}
	}
	g.setup()
	in := layouts{nhwc, plain}
	if s.Inference {
		g.prepacked = true
		in[1] = p.packing(s.ConvGeom, g)
	}
	if s.Bias {
		in = append(in, plain)
	}
	if s.Residual {
		in = append(in, nhwc)
	}
	return &backend.Routine{
		In: in, Out: nhwc, InPlace: -1, Scratch: g.scratch(),
		Run: func(out []float32, in [][]float32, scratch []float32) {
			var bias []float32
			if s.Bias {
				bias = in[2]
			}
			if s.Residual {
				g.residual = in[len(in)-1]
			}
			g.run(out, in[0], in[1], bias, scratch)
		},
	}
}

// convBackData computes dx one phase at a time. A phase is the input pixels whose coordinates leave
// the same remainders when divided by the strides; its dx is a convolution of stride one over dy
// with those taps that reach it. With stride one there is one phase, the convolution with the
// weights turned round; with larger strides no product with a zero is computed.
func (p *Backend) convBackData(s kernel.ConvBackData) *backend.Routine {
	var phases []*product
	need := 0
	for py := range min(s.StrideH, s.H) {
		for px := range min(s.StrideW, s.W) {
			g := p.backPhase(s.ConvGeom, py, px)
			phases = append(phases, g)
			need = max(need, g.scratch())
		}
	}
	return &backend.Routine{
		In: layouts{plain, nhwc}, Out: nhwc, InPlace: -1, Scratch: need,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			for _, g := range phases {
				g.run(out, in[1], in[0], nil, scratch)
			}
		},
	}
}

func (p *Backend) backPhase(s kernel.ConvGeom, py, px int) *product {
	oh, ow := s.OutHW()
	cg, og, area := s.C/s.Groups, s.O/s.Groups, s.KH*s.KW
	g := &product{
		p: p,
		patches: patches{
			h: oh, w: ow, ld: s.O, sy: 1, sx: 1,
			gh: (s.H - py + s.StrideH - 1) / s.StrideH, gw: (s.W - px + s.StrideW - 1) / s.StrideW,
		},
		to:     places{h: s.H, w: s.W, ld: s.C, sy: s.StrideH, sx: s.StrideW, oy: py, ox: px},
		images: s.N, groups: s.Groups, c: og, n: cg,
		weightOrder: weightOrder{
			groupStride: og * cg * area, jStride: area, uStride: cg * area,
			count: og, toRow: slices.Repeat([]int{-1}, area),
		},
	}
	for kh := s.KH - 1; kh >= 0; kh-- {
		for kw := s.KW - 1; kw >= 0; kw-- {
			y, x := py+s.PadH-kh*s.DilH, px+s.PadW-kw*s.DilW
			if y%s.StrideH == 0 && x%s.StrideW == 0 {
				g.toRow[kh*s.KW+kw] = len(g.taps) * og
				g.taps = append(g.taps, tap{y / s.StrideH, x / s.StrideW})
			}
		}
	}
	g.setup()
	return g
}
