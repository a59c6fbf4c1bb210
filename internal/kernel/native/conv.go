//go:build onednn && amd64 && cgo

package native

import (
	"slices"
	"strings"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/native/cpp"
)

// Winograd's F(4x4,3x3) beats the direct convolution of float32 from maps of this many pixels on.
const winogradFrom = 100

// attempt is one way to let oneDNN convolve.
type attempt struct {
	x, y     backend.Layout
	winograd bool
}

// attempts lists the ways to try for a convolution, best first. exact asks for a float32 output.
func (b *Backend) attempts(g kernel.ConvGeom, exact bool) []attempt {
	if b.half {
		y := halfNHWC
		if exact {
			y = backend.NHWC
		}
		return []attempt{{x: halfNHWC, y: y}, {x: backend.NHWC, y: backend.NHWC}}
	}
	oh, ow := g.OutHW()
	var list []attempt
	if !b.direct && g.KH == 3 && g.KW == 3 && g.StrideH == 1 && g.StrideW == 1 && g.DilH == 1 && g.DilW == 1 && g.PadH <= 1 && g.PadW <= 1 &&
		g.Groups == 1 && g.C%cpp.Block() == 0 && g.O%cpp.Block() == 0 && oh*ow >= winogradFrom {
		list = append(list, attempt{blocked, blocked, true})
	}
	if g.C <= 4 && g.Groups == 1 {
		list = append(list, attempt{x: backend.Plain, y: blocked}) // a first layer, straight from the image
	}
	return append(list, attempt{x: blocked, y: blocked}, attempt{x: backend.NHWC, y: backend.NHWC}, attempt{x: backend.Plain, y: backend.Plain})
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

// prepare finds a way that oneDNN has code for; nil where it has none but its reference, or none that is right.
func (b *Backend) prepare(s kernel.Spec, k cpp.Kind, g kernel.ConvGeom, o cpp.Options, exact bool) (*cpp.Conv, attempt) {
	oh, ow := g.OutHW()
	geometry := cpp.Geometry{
		N: g.N, C: g.C, H: g.H, W: g.W, O: g.O, KH: g.KH, KW: g.KW, StrideH: g.StrideH, StrideW: g.StrideW,
		PadH: g.PadH, PadW: g.PadW, DilH: g.DilH, DilW: g.DilW, Groups: g.Groups, OH: oh, OW: ow,
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
		if err == nil && k == cpp.BackWeights && g.Depthwise() && !strings.HasPrefix(c.Impl, "jit_dw") {
			return nil, attempt{} // general code, which takes 16 channels for each: a hundred times the portable loops' time of a 7x7 kernel
		}
		if err == nil {
			b.impls[s] = c.Impl
			return c, a
		}
	}
	return nil, attempt{}
}

// Impls names the code behind each convolution compiled so far; one that the
// portable backend had to take is not among them.
func (b *Backend) Impls() map[kernel.Spec]string { return b.impls }

func (b *Backend) conv(s kernel.ConvAct) *backend.Routine {
	c, a := b.prepare(s, cpp.Forward, s.ConvGeom, cpp.Options{Bias: s.Bias, Act: cpp.Act(s.Act), Sum: s.Residual, Inference: s.Inference}, s.Exact)
	if c == nil {
		return nil
	}
	step := &backend.Routine{In: []backend.Layout{a.x, backend.Layout(c.Weights)}, Out: a.y, InPlace: -1, Scratch: c.Scratch}
	if s.Bias {
		step.In = append(step.In, backend.Plain)
	}
	if s.Residual {
		step.InPlace = len(step.In)
		step.In = append(step.In, a.y)
	}
	n := b.Size(s.Out(), a.y)
	step.Run = func(out []float32, in [][]float32, scratch []float32) {
		if r := step.InPlace; r >= 0 && &in[r][0] != &out[0] {
			copy(out[:n], in[r])
		}
		var bias []float32
		if s.Bias {
			bias = in[2]
		}
		c.Run(in[0], in[1], bias, out, scratch)
	}
	return step
}

func (b *Backend) convBackData(s kernel.ConvBackData) *backend.Routine {
	c, a := b.prepare(s, cpp.BackData, s.ConvGeom, cpp.Options{}, false)
	if c == nil {
		return nil
	}
	return &backend.Routine{In: []backend.Layout{backend.Layout(c.Weights), a.y}, Out: a.x, InPlace: -1, Scratch: c.Scratch, Run: func(out []float32, in [][]float32, scratch []float32) {
		c.Run(out, in[0], nil, in[1], scratch)
	}}
}

func (b *Backend) convBackWeights(s kernel.ConvBackWeights) *backend.Routine {
	c, a := b.prepare(s, cpp.BackWeights, s.ConvGeom, cpp.Options{}, false)
	if c == nil {
		return nil
	}
	return &backend.Routine{In: []backend.Layout{a.x, a.y}, Out: backend.Layout(c.Weights), InPlace: -1, Scratch: c.Scratch, Run: func(out []float32, in [][]float32, scratch []float32) {
		c.Run(in[0], out, nil, in[1], scratch)
	}}
}
