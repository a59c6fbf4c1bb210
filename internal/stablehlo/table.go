package stablehlo

import (
	"fmt"
	"reflect"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
)

// lowering writes a Spec's computation.
type lowering func(b *builder, s kernel.Spec, in []value) value

// lowerings is the table of all Specs. A new kernel.Spec gets a function and a line here. Without
// them a graph that has it cannot be computed on a device, which is an error that names the Spec.
var lowerings = map[reflect.Type]lowering{
	of[kernel.Conv]():            lower(conv),
	of[kernel.ConvAct]():         lower(convAct),
	of[kernel.ConvBackData]():    lower(convBackData),
	of[kernel.ConvBackWeights](): lower(convBackWeights),
	of[kernel.ChannelSum](): lower(func(b *builder, _ kernel.ChannelSum, in []value) value {
		return b.reduce("add", in[0], space...)
	}),
	of[kernel.FoldWeights]():         lower(foldWeights),
	of[kernel.FoldBias]():            lower(foldBias),
	of[kernel.Curve]():               lower(curve),
	of[kernel.CurveBack]():           lower(curveBack),
	of[kernel.AddReLU]():             lower(addReLU),
	of[kernel.ReLUBackAdd]():         lower(reluBackAdd),
	of[kernel.MaxPool]():             lower(maxPool),
	of[kernel.MaxPoolBack]():         lower(maxPoolBack),
	of[kernel.AvgPool]():             lower(avgPool),
	of[kernel.AvgPoolBack]():         lower(avgPoolBack),
	of[kernel.GlobalAvgPool]():       lower(globalAvgPool),
	of[kernel.GlobalAvgPoolBack]():   lower(globalAvgPoolBack),
	of[kernel.NormStats]():           lower(normStats),
	of[kernel.Norm]():                lower(norm),
	of[kernel.NormBackParams]():      lower(normBackParams),
	of[kernel.NormBackData]():        lower(normBackData),
	of[kernel.NormAct]():             lower(normAct),
	of[kernel.NormActBackParams]():   lower(normActBackParams),
	of[kernel.NormActBackData]():     lower(normActBackData),
	of[kernel.LayerNorm]():           lower(layerNorm),
	of[kernel.LayerNormBackParams](): lower(layerNormBackParams),
	of[kernel.LayerNormBackData]():   lower(layerNormBackData),
	of[kernel.LRN]():                 lower(lrn),
	of[kernel.LRNBack]():             lower(lrnBack),
	of[kernel.Add](): lower(func(b *builder, _ kernel.Add, in []value) value {
		return b.add(in[0], in[1])
	}),
	of[kernel.Concat](): lower(func(b *builder, _ kernel.Concat, in []value) value {
		return b.concat(1, in...)
	}),
	of[kernel.ChannelSlice](): lower(func(b *builder, s kernel.ChannelSlice, in []value) value {
		return b.slice(in[0], 1, s.From, s.To)
	}),
	of[kernel.Row](): lower(func(b *builder, s kernel.Row, in []value) value {
		return b.row(in[0], s.I)
	}),
	of[kernel.ScaleChannels]():     lower(scaleChannels),
	of[kernel.ScaleChannelsBack](): lower(scaleChannelsBack),
	of[kernel.AttentionDrop]():     lower(attentionDrop),
	of[kernel.AttentionDropBack](): lower(attentionDropBack),
	of[kernel.ClassMap]():          lower(classMap),
	of[kernel.LabelMaps]():         lower(labelMaps),
	of[kernel.Erase]():             lower(erase),
	of[kernel.Normalize]():         lower(normalize),
	of[kernel.TargetLoss]():        lower(targetLoss),
	of[kernel.TargetLossBack]():    lower(targetLossBack),
	of[kernel.SigmoidLoss]():       lower(sigmoidLoss),
	of[kernel.SigmoidLossBack]():   lower(sigmoidLossBack),
	of[kernel.Bilinear]():          lower(bilinear),
	of[kernel.BilinearBack]():      lower(bilinearBack),
	of[kernel.GuideMask]():         lower(guideMask),
	of[kernel.GuideLoss]():         lower(guideLoss),
	of[kernel.GuideLossBack]():     lower(guideLossBack),
	of[kernel.Blend]():             lower(blend),
	of[kernel.BlendSquare]():       lower(blendSquare),
	of[kernel.AdamMove]():          lower(adamMove),
	of[kernel.SumSquares]():        lower(sumSquares),
	of[kernel.ClipFactor]():        lower(clipFactor),
	of[kernel.MoveStats]():         lower(moveStats),
	of[kernel.Top]():               lower(top),

	of[kernel.PartSum]():   lower(partSum),
	of[kernel.PartStats](): lower(partStats),
	of[kernel.PartSums]():  lower(partSums),
	of[kernel.PartMean]():  lower(partMean),
}

func of[S kernel.Spec]() reflect.Type { return reflect.TypeFor[S]() }

func lower[S kernel.Spec](f func(b *builder, s S, in []value) value) lowering {
	return func(b *builder, s kernel.Spec, in []value) value { return f(b, s.(S), in) }
}

// Has says whether the table has a Spec's computation.
func Has(s kernel.Spec) bool { return lowerings[reflect.TypeOf(s)] != nil }

// run writes one computation. Where the precision is lower than float32, a result that is to be
// full is float32 all the same.
func (b *builder) run(s kernel.Spec, in []value, full bool) (value, error) {
	f := lowerings[reflect.TypeOf(s)]
	if f == nil {
		return value{}, fmt.Errorf("operation %s has no counterpart in StableHLO here",
			kernel.Kind(s))
	}
	if _, joint := s.(kernel.Joint); joint && b.replicas < 2 {
		return value{}, fmt.Errorf("operation %s %w", kernel.Kind(s), errOnePart)
	}
	if b.precision == backend.BF16 {
		return b.runHalf(f, s, in, full), nil
	}
	return f(b, s, in), nil
}
