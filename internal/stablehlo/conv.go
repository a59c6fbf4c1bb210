package stablehlo

import (
	"fmt"
	"strings"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// convolution is StableHLO's general convolution of two operands of four axes. The axes are
// letters: b and f the images and features of activations, o and i those of weights.
type convolution struct {
	lhs, rhs, out       string
	strides             []int
	baseDil, kernelDil  []int // elements of the first and of the second operand are so far apart
	pad                 [][2]int
	mirror              bool // the kernel
	groups, batchGroups int
	shape               []int
}

func (b *builder) convolve(x, w value, c convolution) value {
	precision := "#stablehlo<precision " + b.multiply() + ">"
	elem := single
	if b.precision == backend.BF16 {
		x, w, elem = b.to(x, half), b.to(w, half), b.product
	}
	if c.mirror { // by itself, as XLA finds gradients of inputs for the libraries of GPUs
		w = b.line(w.shape, w.elem, "stablehlo.reverse %s, dims = [2, 3] : %s", w.name, w.typ())
	}
	y := b.line(c.shape, elem, `"stablehlo.convolution"(%s, %s) <{`+
		`batch_group_count = %d : i64, `+
		`dimension_numbers = #stablehlo.conv<[%s]x[%s]->[%s]>, feature_group_count = %d : i64, `+
		`lhs_dilation = %s, padding = %s, precision_config = [%s, %s], rhs_dilation = %s, `+
		`window_strides = %s}> : (%s, %s) -> %s`,
		x.name, w.name, max(c.batchGroups, 1), c.lhs, c.rhs, c.out, max(c.groups, 1),
		array(c.baseDil...), pads(c.pad), precision, precision, array(c.kernelDil...),
		array(c.strides...), x.typ(), w.typ(), tensor(c.shape, elem))
	return b.to(y, single)
}

// multiply is the precision of a convolution's products. HIGHEST keeps them float32. DEFAULT lets a
// GPU multiply in TF32, which is exact on values of bfloat16.
func (b *builder) multiply() string {
	if b.precision == backend.FP32 {
		return "HIGHEST"
	}
	return "DEFAULT"
}

// pads is an attribute of padding before and behind each axis.
func pads(p [][2]int) string {
	s := make([]string, len(p))
	for i, x := range p {
		s[i] = fmt.Sprintf("[%d, %d]", x[0], x[1])
	}
	return fmt.Sprintf("dense<[%s]> : tensor<%dx2xi64>", strings.Join(s, ", "), len(p))
}

// activations names the axes of (N,C,H,W), and weights those of (O,I,KH,KW).
const (
	activations = "b, f, 0, 1"
	weights     = "o, i, 0, 1"
)

func conv(b *builder, s kernel.Conv, in []value) value {
	y := b.convolve(in[0], in[1], convolution{
		lhs: activations, rhs: weights, out: activations,
		strides: []int{s.StrideH, s.StrideW},
		baseDil: []int{1, 1}, kernelDil: []int{s.DilH, s.DilW},
		pad: [][2]int{{s.PadH, s.PadH}, {s.PadW, s.PadW}}, groups: s.Groups, shape: s.Out(),
	})
	if s.Bias {
		y = b.add(y, b.spread(in[2], y.shape, 1))
	}
	return y
}

// convBackData convolves dy, its elements a stride apart, with the mirrored kernel.
func convBackData(b *builder, s kernel.ConvBackData, in []value) value {
	w, dy := in[0], in[1]
	if g, o, c := s.Groups, s.O/s.Groups, s.C/s.Groups; g > 1 {
		// (g*o,c,KH,KW) becomes (o,g*c,KH,KW), since features of a group lie together on its axis
		// i.
		w = b.reshape(w, []int{g, o, c, s.KH, s.KW})
		w = b.reshape(b.transpose(w, 1, 0, 2, 3, 4), []int{o, g * c, s.KH, s.KW})
	}
	oh, ow := s.OutHW()
	return b.convolve(dy, w, convolution{
		lhs: activations, rhs: "i, o, 0, 1", out: activations,
		strides: []int{1, 1},
		baseDil: []int{s.StrideH, s.StrideW}, kernelDil: []int{s.DilH, s.DilW},
		pad: [][2]int{
			around(s.H, oh, s.KH, s.StrideH, s.DilH, s.PadH),
			around(s.W, ow, s.KW, s.StrideW, s.DilW, s.PadW),
		},
		mirror: true, groups: s.Groups, shape: s.Out(),
	})
}

// around is the padding of an output gradient whose windows make up the input again.
func around(in, out, k, stride, dil, pad int) [2]int {
	reach := dil * (k - 1)
	return [2]int{reach - pad, in - ((out-1)*stride + 1) + pad}
}

// convBackWeights convolves x with dy, images taken for features and features for images.
func convBackWeights(b *builder, s kernel.ConvBackWeights, in []value) value {
	oh, ow := s.OutHW()
	behind := func(in, out, k, stride, dil, pad int) [2]int {
		return [2]int{pad, (k-1)*dil + (out-1)*stride + 1 - in - pad}
	}
	return b.convolve(in[0], in[1], convolution{
		lhs: "f, b, 0, 1", rhs: "i, o, 0, 1", out: "f, b, 0, 1",
		strides: []int{s.DilH, s.DilW},
		baseDil: []int{1, 1}, kernelDil: []int{s.StrideH, s.StrideW},
		pad: [][2]int{
			behind(s.H, oh, s.KH, s.StrideH, s.DilH, s.PadH),
			behind(s.W, ow, s.KW, s.StrideW, s.DilW, s.PadW),
		},
		batchGroups: s.Groups, shape: s.Out(),
	})
}

func convAct(b *builder, s kernel.ConvAct, in []value) value {
	y := conv(b, s.Conv, in)
	if s.Residual {
		y = b.add(y, in[len(in)-1])
	}
	return b.act(s.Act, y)
}

func foldWeights(b *builder, s kernel.FoldWeights, in []value) value {
	return b.mul(in[0], b.spread(b.mul(b.inverse(in[1], s.Eps), in[2]), s.W[:], 0))
}

func foldBias(b *builder, s kernel.FoldBias, in []value) value {
	d := b.unary("negate", b.row(in[0], 0))
	if s.Bias {
		d = b.add(in[3], d)
	}
	return b.add(in[2], b.mul(d, b.mul(b.inverse(in[0], s.Eps), in[1])))
}
