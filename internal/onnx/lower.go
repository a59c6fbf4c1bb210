package onnx

import (
	"fmt"
	"math"
	"reflect"

	"acol/internal/kernel"
)

// lowering adds the ONNX operators of a computation; in and out are names of values.
type lowering func(e *emitter, s kernel.Spec, in []string, out string)

// lowerings is the table of everything that an inference graph can hold. A new kernel.Spec gets a
// function and a line here. Without them the export of a model that has it is an error that names
// the Spec.
var lowerings = map[reflect.Type]lowering{
	of[kernel.Conv]():          lower(conv),
	of[kernel.Curve]():         lower(curve),
	of[kernel.LayerNorm]():     lower(layerNorm),
	of[kernel.Add]():           lower(add),
	of[kernel.ScaleChannels](): lower(scaleChannels),
	of[kernel.LRN]():           lower(lrn),
	of[kernel.Concat]():        lower(concat),
	of[kernel.MaxPool]():       lower(maxPool),
	of[kernel.AvgPool]():       lower(avgPool),
	of[kernel.GlobalAvgPool](): lower(globalAvgPool),
	of[kernel.Norm]():          lower(norm),
	of[kernel.ClassMap]():      lower(classMap),
	of[kernel.Erase]():         lower(erase),
}

func of[S kernel.Spec]() reflect.Type { return reflect.TypeFor[S]() }

func lower[S kernel.Spec](f func(e *emitter, s S, in []string, out string)) lowering {
	return func(e *emitter, s kernel.Spec, in []string, out string) { f(e, s.(S), in, out) }
}

func conv(e *emitter, s kernel.Conv, in []string, out string) {
	e.node("Conv", in, out, attr{"kernel_shape", []int{s.KH, s.KW}},
		attr{"strides", []int{s.StrideH, s.StrideW}},
		attr{"pads", []int{s.PadH, s.PadW, s.PadH, s.PadW}}, attr{"dilations",
			[]int{s.DilH, s.DilW}}, attr{"group", s.Groups})
}

func curve(e *emitter, s kernel.Curve, in []string, out string) {
	switch s.F {
	case kernel.ReLU:
		e.node("Relu", in, out)
	case kernel.ReLU6:
		e.node("Clip", []string{in[0], e.scalar(0), e.scalar(6)}, out)
	case kernel.Sigmoid:
		e.node("Sigmoid", in, out)
	case kernel.SiLU:
		e.node("Mul", []string{in[0], e.node("Sigmoid", in, "")}, out)
	case kernel.GELU:
		// x*(1+erf(x/sqrt(2)))/2: opset 17 has no operator for it, and runtimes join these.
		erf := e.node("Erf", []string{e.node("Div", []string{in[0], e.scalar(math.Sqrt2)}, "")}, "")
		twice := e.node("Mul", []string{in[0], e.node("Add", []string{erf, e.scalar(1)}, "")}, "")
		e.node("Mul", []string{twice, e.scalar(0.5)}, out)
	default:
		e.err = fmt.Errorf("activation %v has no counterpart in ONNX here", s.F)
	}
}

// layerNorm puts the channels last, where ONNX normalises.
func layerNorm(e *emitter, s kernel.LayerNorm, in []string, out string) {
	last := e.node("Transpose", in[:1], "", attr{"perm", []int{0, 2, 3, 1}})
	y := e.node("LayerNormalization", []string{last, in[1], in[2]}, "", attr{"axis", -1},
		attr{"epsilon", s.Eps})
	e.node("Transpose", []string{y}, out, attr{"perm", []int{0, 3, 1, 2}})
}

func scaleChannels(e *emitter, _ kernel.ScaleChannels, in []string, out string) {
	e.node("Mul", in, out)
}

func lrn(e *emitter, s kernel.LRN, in []string, out string) {
	if s.Size%2 == 0 {
		e.err = fmt.Errorf("a local response norm over %d channels: "+
			"ONNX centres an even number otherwise", s.Size)
	}
	e.node("LRN", in, out, attr{"size", s.Size}, attr{"alpha", s.Alpha}, attr{"beta", s.Beta},
		attr{"bias", s.K})
}

func add(e *emitter, _ kernel.Add, in []string, out string) { e.node("Add", in, out) }
func concat(e *emitter, _ kernel.Concat, in []string, out string) {
	e.node("Concat", in, out, attr{"axis", 1})
}

func maxPool(e *emitter, s kernel.MaxPool, in []string, out string) {
	e.node("MaxPool", in, out, window(s.PoolGeom)...)
}

// avgPool divides by the window's size everywhere, padding included.
func avgPool(e *emitter, s kernel.AvgPool, in []string, out string) {
	e.node("AveragePool", in, out, append(window(s.PoolGeom), attr{"count_include_pad", 1})...)
}

// window sets the padding behind the input to what the size of the output takes. So ONNX's
// ceil_mode, whose rule differs from PyTorch's, is not needed.
func window(g kernel.PoolGeom) []attr {
	behind := func(out, stride, k, in, pad int) int { return max(0, (out-1)*stride+k-in-pad) }
	return []attr{
		{"kernel_shape", []int{g.KH, g.KW}}, {"strides", []int{g.StrideH, g.StrideW}},
		{"pads", []int{g.PadH, g.PadW, behind(g.OH, g.StrideH, g.KH, g.H, g.PadH),
			behind(g.OW, g.StrideW, g.KW, g.W, g.PadW)}},
	}
}

func globalAvgPool(e *emitter, _ kernel.GlobalAvgPool, in []string, out string) {
	e.node("Flatten", []string{e.node("GlobalAveragePool", in, "")}, out)
}

// norm takes its statistics from the two parameters that the exporter has made of the (2,C) tensor.
func norm(e *emitter, s kernel.Norm, in []string, out string) {
	e.node("BatchNormalization", []string{in[0], in[2], in[3], in[1] + statsMean, in[1] + statsVar},
		out, attr{"epsilon", s.Eps})
}

// What follows the name of a batch norm's statistics in the names of its two rows.
const (
	statsMean = "_mean"
	statsVar  = "_var"
)

// classMap takes channel labels[n] of in[0] (N,K,H,W) and normalises it from its minimum to its
// maximum; a map that is constant or not finite becomes zeros. in[1] holds the labels (N) as int64.
func classMap(e *emitter, _ kernel.ClassMap, in []string, out string) {
	index := e.node("Unsqueeze", []string{in[1], e.axes(1)}, "")
	m := e.node("GatherND", []string{in[0], index}, "", attr{"batch_dims", 1}) // (N,H,W)
	rows := []attr{{"axes", []int{1, 2}}, {"keepdims", 1}}
	low := e.node("ReduceMin", []string{m}, "", rows...)
	span := e.node("Sub", []string{e.node("ReduceMax", []string{m}, "", rows...), low}, "")
	odd := e.node("Or", []string{e.node("IsNaN", []string{m}, ""), e.node("IsInf", []string{m}, "")},
		"")
	bad := e.node("ReduceMax", []string{e.node("Cast", []string{odd}, "", attr{"to", floatType})}, "",
		rows...)
	good := e.node("And", []string{
		e.node("Greater", []string{span, e.scalar(0)}, ""), e.node("Less", []string{bad, e.scalar(1)},
			""),
	}, "")
	unit := e.node("Div", []string{
		e.node("Sub", []string{m, low}, ""), e.node("Where", []string{good, span, e.scalar(1)}, ""),
	}, "")
	e.node("Unsqueeze", []string{e.node("Where", []string{good, unit, e.scalar(0)}, ""), e.axes(1)},
		out)
}

func erase(e *emitter, s kernel.Erase, in []string, out string) {
	op := "Greater"
	if s.Cmp == kernel.GreaterEqual {
		op = "GreaterOrEqual"
	}
	e.node("Where", []string{e.node(op, []string{in[1], e.scalar(s.Delta)}, ""), e.scalar(0), in[0]},
		out)
}

// run lowers one computation.
func (e *emitter) run(s kernel.Spec, in []string, out string) error {
	f, ok := lowerings[reflect.TypeOf(s)]
	if !ok {
		return fmt.Errorf("operation %T has no counterpart in ONNX here", s)
	}
	f(e, s, in, out)
	return e.err
}
