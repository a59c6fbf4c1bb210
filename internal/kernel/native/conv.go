//go:build onednn && amd64 && cgo

package native

import (
	"slices"
	"strings"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
)

// winogradFrom is the number of output pixels from which Winograd's F(4x4,3x3) is faster than the
// direct convolution of float32.
const winogradFrom = 100

// attempt is one way to let oneDNN convolve: layouts of input and output, and the algorithm.
type attempt struct {
	x, y     backend.Layout
	winograd bool
}

// attempts lists the ways to try for a convolution, best first. exact asks for a float32 output.
func (b *Backend) attempts(g kernel.ConvGeom, exact bool) []attempt {
	if b.half {
		y := halfNHWC
		if exact {
			y = nhwc
		}
		return []attempt{{x: halfNHWC, y: y}, {x: nhwc, y: nhwc}}
	}
	var list []attempt
	if !b.direct && suitsWinograd(g) {
		list = append(list, attempt{blocked, blocked, true})
	}
	if g.C <= 4 && g.Groups == 1 {
		list = append(list, attempt{x: plain, y: blocked}) // a first layer, straight from the image
	}
	for _, l := range []backend.Layout{blocked, nhwc, plain} {
		list = append(list, attempt{x: l, y: l})
	}
	return list
}

func suitsWinograd(g kernel.ConvGeom) bool {
	oh, ow := g.OutHW()
	return g.KH == 3 && g.KW == 3 && g.StrideH == 1 && g.StrideW == 1 && g.DilH == 1 && g.DilW == 1 &&
		g.PadH <= 1 && g.PadW <= 1 && g.Groups == 1 && g.C%cpp.Block() == 0 && g.O%cpp.Block() == 0 &&
		oh*ow >= winogradFrom
}

// meetInput says whether every output has a tap inside of the input, and whether every tap is
// inside for some output.
func meetInput(g kernel.ConvGeom) (outputs, taps bool) {
	oh, ow := g.OutHW()
	rows, everyRow := axisMeets(g.H, oh, g.KH, g.StrideH, g.PadH, g.DilH)
	columns, everyColumn := axisMeets(g.W, ow, g.KW, g.StrideW, g.PadW, g.DilW)
	return rows && columns, everyRow && everyColumn
}

func axisMeets(size, outs, k, stride, pad, dil int) (outputs, taps bool) {
	met, outputs := make([]bool, k), true
	for o := range outs {
		some := false
		for i := range k {
			if at := o*stride - pad + i*dil; at >= 0 && at < size {
				met[i], some = true, true
			}
		}
		outputs = outputs && some
	}
	return outputs, !slices.Contains(met, false)
}

// prepare finds a way that oneDNN has code for. It gives nil where oneDNN has none but its
// reference code, or none that computes the right thing.
func (b *Backend) prepare(
	s kernel.Spec, k cpp.Kind, g kernel.ConvGeom, o cpp.Options, exact bool,
) (*cpp.Conv, attempt) {
	oh, ow := g.OutHW()
	geometry := cpp.Geometry{
		N: g.N, C: g.C, H: g.H, W: g.W, O: g.O, KH: g.KH, KW: g.KW, Groups: g.Groups, OH: oh, OW: ow,
		StrideH: g.StrideH, StrideW: g.StrideW, PadH: g.PadH, PadW: g.PadW, DilH: g.DilH, DilW: g.DilW,
	}
	outputs, taps := meetInput(g)
	if !outputs {
		return nil, attempt{} // oneDNN's code crashes, or forgets the sum with a residual
	}
	for _, a := range b.attempts(g, exact) {
		if k == cpp.BackWeights && a.x == halfNHWC && !taps {
			continue // it leaves the gradients of such weights unwritten
		}
		o.Winograd = a.winograd
		c, err := cpp.NewConv(k, geometry, o, cpp.Format(a.x), cpp.Format(a.y))
		if err != nil {
			continue
		}
		if k == cpp.BackWeights && g.Depthwise() && !strings.HasPrefix(c.Impl, "jit_dw") {
			// General code, which takes 16 channels for each: for a 7x7 kernel it needs a hundred
			// times as long as the portable loops.
			return nil, attempt{}
		}
		b.impls[s] = c.Impl
		return c, a
	}
	return nil, attempt{}
}

// Impls names the code behind each convolution compiled so far. A convolution that the portable
// backend had to take is not among them.
func (b *Backend) Impls() map[kernel.Spec]string { return b.impls }

func (b *Backend) conv(s kernel.ConvAct) *backend.Routine {
	o := cpp.Options{Bias: s.Bias, Act: cpp.Act(s.Act), Sum: s.Residual, Inference: s.Inference}
	c, a := b.prepare(s, cpp.Forward, s.ConvGeom, o, s.Exact)
	if c == nil {
		return nil
	}
	r := &backend.Routine{
		In: layouts{a.x, backend.Layout(c.Weights)}, Out: a.y, InPlace: -1, Scratch: c.Scratch,
	}
	if s.Bias {
		r.In = append(r.In, plain)
	}
	if s.Residual {
		r.InPlace = len(r.In)
		r.In = append(r.In, a.y)
	}
	n := b.Size(s.Out(), a.y)
	r.Run = func(out []float32, in [][]float32, scratch []float32) {
		if i := r.InPlace; i >= 0 && &in[i][0] != &out[0] {
			copy(out[:n], in[i])
		}
		var bias []float32
		if s.Bias {
			bias = in[2]
		}
		c.Run(in[0], in[1], bias, out, scratch)
	}
	return r
}

func (b *Backend) convBackData(s kernel.ConvBackData) *backend.Routine {
	c, a := b.prepare(s, cpp.BackData, s.ConvGeom, cpp.Options{}, false)
	if c == nil {
		return nil
	}
	return &backend.Routine{
		In: layouts{backend.Layout(c.Weights), a.y}, Out: a.x, InPlace: -1, Scratch: c.Scratch,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			c.Run(out, in[0], nil, in[1], scratch)
		},
	}
}

func (b *Backend) convBackWeights(s kernel.ConvBackWeights) *backend.Routine {
	c, a := b.prepare(s, cpp.BackWeights, s.ConvGeom, cpp.Options{}, false)
	if c == nil {
		return nil
	}
	return &backend.Routine{
		In: layouts{a.x, a.y}, Out: backend.Layout(c.Weights), InPlace: -1, Scratch: c.Scratch,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			c.Run(in[0], out, nil, in[1], scratch)
		},
	}
}
