package kernel

// All lists every Spec of the language, each as its zero value. The conformance suite has cases
// for each of them, and a backend that lacks one says so in its tests.
func All() []Spec {
	return []Spec{
		Conv{}, ConvAct{}, ConvBackData{}, ConvBackWeights{}, ChannelSum{}, FoldWeights{}, FoldBias{},
		ReLU{}, ReLUBack{}, ReLU6{}, ReLU6Back{}, Sigmoid{}, SigmoidBack{}, SiLU{}, SiLUBack{},
		GELU{}, GELUBack{}, AddReLU{}, ReLUBackAdd{},
		MaxPool{}, MaxPoolBack{}, AvgPool{}, AvgPoolBack{}, GlobalAvgPool{}, GlobalAvgPoolBack{},
		NormStats{}, Norm{}, NormBackParams{}, NormBackData{},
		NormAct{}, NormActBackParams{}, NormActBackData{},
		LayerNorm{}, LayerNormBackParams{}, LayerNormBackData{}, LRN{}, LRNBack{},
		Add{}, Concat{}, ChannelSlice{}, Row{}, ScaleChannels{}, ScaleChannelsBack{},
		AttentionDrop{}, AttentionDropBack{},
		ClassMap{}, LabelMaps{}, Erase{},
		SoftmaxLoss{}, SoftmaxLossBack{}, TargetLoss{}, TargetLossBack{},
		SigmoidLoss{}, SigmoidLossBack{},
	}
}
