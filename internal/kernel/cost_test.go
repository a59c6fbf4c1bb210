package kernel

import "testing"

func TestFLOPsOfConvolutionsAreTheDirectMethods(t *testing.T) {
	stem := ConvGeom{N: 1, C: 3, H: 224, W: 224, O: 64, KH: 7, KW: 7, StrideH: 2, StrideW: 2, PadH: 3,
		PadW: 3, DilH: 1, DilW: 1, Groups: 1}
	depthwise := ConvGeom{N: 2, C: 8, H: 5, W: 7, O: 8, KH: 3, KW: 3, StrideH: 1, StrideW: 1, PadH: 1,
		PadW: 1, DilH: 1, DilW: 1, Groups: 8}
	for _, tc := range []struct {
		spec Spec
		want int64
	}{
		// ResNet's stem: 118,013,952 multiply-adds an image, as the literature counts it.
		{Conv{ConvGeom: stem}, 2 * 118_013_952},
		{Conv{ConvGeom: stem, Bias: true}, 2 * 118_013_952},
		{ConvBackData{stem}, 2 * 118_013_952},
		{ConvBackWeights{stem}, 2 * 118_013_952},
		{Conv{ConvGeom: depthwise}, 2 * 2 * 8 * 5 * 7 * 9},
		{Curve{ReLU, Shape4{2, 3, 4, 5}}, 0},
		{ChannelSum{Shape4{2, 3, 4, 5}}, 0},
	} {
		if got := FLOPs(tc.spec); got != tc.want {
			t.Errorf("%T: %d, want %d", tc.spec, got, tc.want)
		}
	}
}

func TestBytesAreThoseOfInputsAndOutput(t *testing.T) {
	for _, tc := range []struct {
		spec Spec
		want int64
	}{
		{Curve{ReLU, Shape4{2, 3, 4, 5}}, 4 * 2 * 120},
		{Norm{X: Shape4{2, 3, 4, 5}}, 4 * (2*120 + 6 + 3 + 3)},
		{TargetLoss{N: 4, K: 10}, 4 * (40 + 40 + 1)},
		{ConvBackWeights{ConvGeom{N: 1, C: 2, H: 3, W: 3, O: 4, KH: 3, KW: 3, StrideH: 1, StrideW: 1,
			DilH: 1, DilW: 1, Groups: 1}}, 4 * (18 + 4 + 72)},
	} {
		if got := Bytes(tc.spec); got != tc.want {
			t.Errorf("%T: %d bytes, want %d", tc.spec, got, tc.want)
		}
	}
}

func TestKindNamesWhatASpecComputes(t *testing.T) {
	for _, tc := range []struct {
		spec Spec
		want string
	}{
		{ConvBackWeights{}, "ConvBackWeights"},
		{Curve{F: SiLU}, "SiLU"}, {CurveBack{F: ReLU6}, "ReLU6Back"},
	} {
		if got := Kind(tc.spec); got != tc.want {
			t.Errorf("%T is %q, want %q", tc.spec, got, tc.want)
		}
	}
}
