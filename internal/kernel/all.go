package kernel

// All lists every kind of Spec of the language but Joint ones, which several processes or devices
// compute together: each type as its zero value, and the curves of each activation. The conformance
// suite has cases for each of them, and a backend that lacks one says so in its tests.
func All() []Spec {
	list := []Spec{
		Conv{}, ConvAct{}, ConvBackData{}, ConvBackWeights{}, ChannelSum{}, FoldWeights{}, FoldBias{},
		AddReLU{}, ReLUBackAdd{},
		MaxPool{}, MaxPoolBack{}, AvgPool{}, AvgPoolBack{}, GlobalAvgPool{}, GlobalAvgPoolBack{},
		NormStats{}, Norm{}, NormBackParams{}, NormBackData{},
		NormAct{}, NormActBackParams{}, NormActBackData{},
		LayerNorm{}, LayerNormBackParams{}, LayerNormBackData{}, LRN{}, LRNBack{},
		Add{}, Concat{}, ChannelSlice{}, Row{}, ScaleChannels{}, ScaleChannelsBack{},
		AttentionDrop{}, AttentionDropBack{},
		ClassMap{}, LabelMaps{}, Erase{}, Normalize{},
		TargetLoss{}, TargetLossBack{}, SigmoidLoss{}, SigmoidLossBack{},
		Bilinear{}, BilinearBack{}, GuideMask{}, GuideLoss{}, GuideLossBack{},
		Blend{}, BlendSquare{}, AdamMove{}, SumSquares{}, ClipFactor{}, MoveStats{}, Top{},
	}
	for _, a := range Acts() {
		list = append(list, Curve{F: a}, CurveBack{F: a})
	}
	return list
}
