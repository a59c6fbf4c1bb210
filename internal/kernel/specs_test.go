package kernel

// conformanceSpecs are shapes that a backend could get wrong: odd sizes, one image, one
// pixel, one channel, blocks that do not fill, every combination of stride, padding and dilation.
func conformanceSpecs() []Spec {
	var specs []Spec
	for _, g := range convGeoms() {
		specs = append(specs, Conv{g, false}, Conv{g, true}, ConvBackData{g}, ConvBackWeights{g})
	}
	for _, x := range []Shape4{{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 16, 9, 4}, {3, 40, 13, 13}, {2, 64, 30, 31}, {2, 300, 3, 5}} {
		specs = append(specs, ChannelSum{x}, ReLU{x}, ReLUBack{x}, Add{4, x}, Add{1, x}, Add{0, x},
			GlobalAvgPool{x}, GlobalAvgPoolBack{x},
			NormStats{x}, Norm{x, 1e-5}, NormBackParams{x, 1e-5}, NormBackData{x, 1e-5, false}, NormBackData{x, 1e-5, true},
			ClassMap{x}, Erase{x, .3, Greater}, Erase{x, .3, GreaterEqual})
		if c := x[1]; c > 2 {
			specs = append(specs, ChannelSlice{x, 1, c}, ChannelSlice{x, 0, c - 1}, ChannelSlice{x, 1, 2},
				Concat{N: x[0], H: x[2], W: x[3], Count: 3, Parts: [MaxConcat]int{c, 1, 20}},
				Concat{N: x[0], H: x[2], W: x[3], Count: 1, Parts: [MaxConcat]int{c}})
		}
	}
	specs = append(specs, fusedSpecs()...)
	for _, g := range poolGeoms() {
		specs = append(specs, MaxPool{g}, MaxPoolBack{g}, AvgPool{g}, AvgPoolBack{g})
	}
	for _, adversarial := range []bool{false, true} {
		for _, nk := range [][2]int{{1, 2}, {5, 16}, {33, 200}} {
			specs = append(specs, SoftmaxLoss{nk[0], nk[1], adversarial}, SoftmaxLossBack{nk[0], nk[1], adversarial})
		}
	}
	specs = append(specs, moreSpecs()...)
	return append(specs, Row{2, 5, 1}, Row{2, 64, 0}, SoftmaxLoss{3, 1, false}, SoftmaxLossBack{3, 1, false})
}

func convGeoms() []ConvGeom {
	plain := func(n, c, h, w, o, k, stride, pad int) ConvGeom {
		return ConvGeom{N: n, C: c, H: h, W: w, O: o, KH: k, KW: k, StrideH: stride, StrideW: stride, PadH: pad, PadW: pad, DilH: 1, DilW: 1, Groups: 1}
	}
	return []ConvGeom{
		plain(1, 1, 1, 1, 1, 1, 1, 0),
		plain(2, 3, 11, 9, 20, 3, 2, 0),            // a first layer
		plain(1, 3, 23, 22, 64, 7, 2, 3),           // ResNet's
		plain(2, 16, 13, 13, 64, 3, 1, 1),          // fire expand
		plain(3, 64, 7, 9, 16, 1, 1, 0),            // squeeze, straight from x
		plain(2, 48, 6, 6, 33, 1, 1, 0),            // a panel not filled
		plain(1, 1024, 3, 3, 70, 1, 1, 0),          // rows a page apart
		plain(1, 72, 9, 8, 40, 3, 1, 1),            // patches in two blocks
		plain(2, 20, 9, 10, 24, 1, 2, 0),           // phases without taps
		plain(2, 12, 12, 11, 17, 3, 2, 1),          //
		plain(1, 5, 10, 12, 6, 2, 3, 0),            // stride beyond the kernel
		plain(1, 7, 5, 6, 9, 3, 1, 4),              // padding beyond the kernel
		plain(1, 4, 6, 5, 400, 3, 1, 2),            // many columns
		plain(1, 9, 47, 45, 10, 3, 1, 1),           // many rows: several slices of them
		plain(1, 530, 4, 4, 270, 1, 1, 0),          // several blocks of both
		{2, 6, 9, 8, 4, 3, 2, 2, 1, 2, 1, 1, 2, 1}, // nothing symmetric
		{1, 5, 14, 13, 7, 3, 3, 1, 1, 2, 3, 2, 3, 1},
		{1, 5, 17, 15, 7, 3, 3, 2, 3, 4, 1, 3, 2, 1},
		{2, 8, 7, 6, 12, 3, 3, 1, 1, 1, 1, 1, 1, 4}, // groups
		{1, 40, 6, 6, 40, 3, 3, 2, 2, 1, 1, 1, 1, 2},
		{1, 64, 5, 4, 32, 1, 1, 1, 1, 0, 0, 1, 1, 2},
		{1, 32, 9, 7, 64, 3, 3, 2, 1, 1, 1, 1, 1, 8}, // narrow groups
		{2, 60, 5, 6, 30, 3, 1, 1, 1, 1, 0, 1, 1, 15},
		{2, 19, 9, 8, 19, 3, 3, 1, 1, 1, 1, 1, 1, 19}, // depthwise
		{1, 32, 9, 9, 32, 5, 3, 2, 1, 2, 1, 1, 2, 32},
		{2, 44, 8, 11, 44, 3, 3, 2, 2, 1, 1, 1, 1, 44},
		{1, 5, 4, 3, 5, 7, 5, 3, 2, 3, 4, 1, 1, 5},    // kernel beyond the input
		{1, 6, 7, 7, 12, 3, 3, 1, 1, 1, 1, 1, 1, 6},   // two outputs of each channel
		{1, 2, 1, 8, 608, 1, 3, 1, 2, 0, 1, 1, 1, 2},  // two taps back in two blocks of columns
		{3, 11, 9, 13, 17, 3, 4, 1, 2, 3, 1, 1, 2, 1}, // rows of outputs in the padding alone
		{2, 76, 1, 1, 76, 4, 2, 1, 2, 3, 1, 2, 1, 4},  // no tap meets the input
		{2, 16, 3, 1, 64, 3, 3, 2, 2, 1, 1, 1, 1, 1},  // some taps never do
	}
}

func poolGeoms() []PoolGeom {
	return []PoolGeom{
		{1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1},
		{2, 5, 9, 7, 3, 3, 2, 2, 0, 0, 4, 3},
		{1, 64, 12, 12, 3, 3, 2, 2, 0, 0, 6, 6}, // ceil mode: beyond the border
		{2, 16, 13, 12, 3, 3, 2, 2, 1, 1, 7, 6},
		{1, 40, 8, 9, 3, 3, 1, 1, 1, 1, 8, 9},
		{2, 3, 10, 11, 2, 3, 3, 2, 1, 0, 4, 5},
		{1, 17, 9, 9, 2, 2, 3, 3, 0, 0, 3, 3}, // stride beyond the window
		{3, 24, 40, 33, 3, 3, 2, 2, 0, 0, 20, 16},
	}
}
