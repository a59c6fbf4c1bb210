package portable

import (
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// Depthwise convolutions have one filter for each channel and are no matrix products: they multiply
// whole rows of channels by whole rows of weights, tap by tap.

// axisTap is tap k of one axis of a kernel, which reads the source at index at.
type axisTap struct{ k, at int }

// forwardTaps lists, for each output index of an axis, the taps that lie inside the input.
func forwardTaps(outs, size, k, stride, pad, dil int) [][]axisTap {
	taps := make([][]axisTap, outs)
	for o := range taps {
		for t := range k {
			if at := o*stride - pad + t*dil; at >= 0 && at < size {
				taps[o] = append(taps[o], axisTap{t, at})
			}
		}
	}
	return taps
}

// backTaps lists, for each input index of an axis, the taps by which outputs read it.
func backTaps(outs, size, k, stride, pad, dil int) [][]axisTap {
	taps := make([][]axisTap, size)
	for o, list := range forwardTaps(outs, size, k, stride, pad, dil) {
		for _, t := range list {
			taps[t.at] = append(taps[t.at], axisTap{t.k, o})
		}
	}
	return taps
}

// depthwise computes dst[pixel][c] = sum over its taps of src[at][c]*weights[tap][c] + bias[c].
type depthwise struct {
	p        *Backend
	loops    directLoops
	images   int
	c        int
	h, w     int // of src
	kw, area int
	rows     [][]axisTap // by row of dst
	columns  [][]axisTap // by column of dst
	offsets  [][]int     // of each worker: pairs of byte offsets into src and weights

	dst, src, taps, bias []float32
}

func (p *Backend) depthwiseConv(s kernel.Conv) *backend.Routine {
	oh, ow := s.OutHW()
	d := &depthwise{
		p: p, images: s.N, c: s.C, h: s.H, w: s.W, kw: s.KW, area: s.KH * s.KW,
		rows:    forwardTaps(oh, s.H, s.KH, s.StrideH, s.PadH, s.DilH),
		columns: forwardTaps(ow, s.W, s.KW, s.StrideW, s.PadW, s.DilW),
	}
	in := layouts{nhwc, plain, plain}[:len(s.In())]
	run := d.setup()
	return &backend.Routine{
		In: in, Out: nhwc, InPlace: -1, Scratch: d.scratch(),
		Run: func(out []float32, in [][]float32, scratch []float32) {
			var bias []float32
			if s.Bias {
				bias = in[2]
			}
			run(out, in[0], in[1], bias, scratch)
		},
	}
}

func (p *Backend) depthwiseBackData(s kernel.ConvBackData) *backend.Routine {
	oh, ow := s.OutHW()
	d := &depthwise{
		p: p, images: s.N, c: s.C, h: oh, w: ow, kw: s.KW, area: s.KH * s.KW,
		rows:    backTaps(oh, s.H, s.KH, s.StrideH, s.PadH, s.DilH),
		columns: backTaps(ow, s.W, s.KW, s.StrideW, s.PadW, s.DilW),
	}
	run := d.setup()
	return &backend.Routine{
		In: layouts{plain, nhwc}, Out: nhwc, InPlace: -1, Scratch: d.scratch(),
		Run: func(out []float32, in [][]float32, scratch []float32) {
			run(out, in[1], in[0], nil, scratch)
		},
	}
}

func (d *depthwise) scratch() int { return (d.area + 1) * d.c }

// setup returns the function that computes dst from weights (C,1,KH,KW) and a bias (C), which may
// be nil.
func (d *depthwise) setup() func(dst, src, weights, bias, scratch []float32) {
	d.loops = directLoopsOf(d.p.isa)
	d.offsets = make([][]int, d.p.team.threads)
	for i := range d.offsets {
		d.offsets[i] = make([]int, 2*d.area)
	}
	body := d.someRows
	return func(dst, src, weights, bias, scratch []float32) {
		d.dst, d.src = dst, src
		d.taps, d.bias = scratch[:d.area*d.c], scratch[d.area*d.c:][:d.c]
		for c := range d.c {
			for t, v := range weights[c*d.area:][:d.area] {
				d.taps[t*d.c+c] = v
			}
		}
		clear(d.bias)
		copy(d.bias, bias)
		d.p.team.run(d.images*len(d.rows), rowGrain(len(d.columns)*d.c*d.area), body)
	}
}

// someRows computes rows [lo,hi) of dst, counted over all images.
func (d *depthwise) someRows(worker, lo, hi int) {
	offsets := d.offsets[worker]
	for r := lo; r < hi; r++ {
		image := d.src[r/len(d.rows)*d.h*d.w*d.c:][:d.h*d.w*d.c]
		rows := d.rows[r%len(d.rows)]
		for i, columns := range d.columns {
			dst := d.dst[(r*len(d.columns)+i)*d.c:][:d.c]
			n := 0
			for _, y := range rows {
				for _, x := range columns {
					offsets[n], offsets[n+1] = (y.at*d.w+x.at)*d.c*4, (y.k*d.kw+x.k)*d.c*4
					n += 2
				}
			}
			d.loops.taps(dst, image, d.taps, d.bias, offsets[:n])
		}
	}
}

// depthwiseSlices is into how many slices the rows of dy are cut for sums, whatever the number of
// threads.
const depthwiseSlices = 32

// depthwiseBackWeights sums dw[c][tap] over the pixels: first each slice of rows, then the slices.
func (p *Backend) depthwiseBackWeights(s kernel.ConvBackWeights) *backend.Routine {
	oh, ow := s.OutHW()
	loops := directLoopsOf(p.isa)
	rows := forwardTaps(oh, s.H, s.KH, s.StrideH, s.PadH, s.DilH)
	area, total := s.KH*s.KW, s.N*oh
	slices := min(depthwiseSlices, total)
	var dw, x, dy, parts []float32
	sum := func(lo, hi int) {
		for i := lo; i < hi; i++ {
			part := parts[i*area*s.C:][:area*s.C]
			clear(part)
			for r := total * i / slices; r < total*(i+1)/slices; r++ {
				for _, y := range rows[r%oh] {
					line := x[(r/oh*s.H+y.at)*s.W*s.C:][:s.W*s.C]
					for k := range s.KW {
						lo, hi := tapRange(ow, s.W, s.StrideW, k*s.DilW-s.PadW)
						if lo < hi {
							loops.rows(part[(y.k*s.KW+k)*s.C:][:s.C], line[(lo*s.StrideW+k*s.DilW-s.PadW)*s.C:],
								dy[(r*ow+lo)*s.C:], s.StrideW*s.C, s.C, hi-lo)
						}
					}
				}
			}
		}
	}
	finish := func(lo, hi int) {
		for c := lo; c < hi; c++ {
			for t := range area {
				v := 0.0
				for i := range slices {
					v += float64(parts[(i*area+t)*s.C+c])
				}
				dw[c*area+t] = float32(v)
			}
		}
	}
	return &backend.Routine{
		In: layouts{nhwc, nhwc}, Out: plain, InPlace: -1, Scratch: slices * area * s.C,
		Run: func(out []float32, in [][]float32, scratch []float32) {
			dw, x, dy, parts = out, in[0], in[1], scratch
			p.Parallel(slices, 1, sum)
			p.Parallel(s.C, rowGrain(area*slices), finish)
		},
	}
}

// tapRange is the range of outputs o of an axis for which o*stride+shift lies in [0,size).
func tapRange(outs, size, stride, shift int) (lo, hi int) {
	lo = (max(-shift, 0) + stride - 1) / stride
	if shift >= size {
		return 0, 0
	}
	return lo, min((size-1-shift)/stride+1, outs)
}
