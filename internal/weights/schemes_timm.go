package weights

import (
	"fmt"
	"slices"
)

// The blocks of each stage of the networks whose names differ between timm and torchvision. EfficientNet's are those of b4, the deepest:
// the others have some of its names and no more.
var (
	mobileNetV2Blocks  = []int{1, 2, 3, 4, 3, 3, 1}
	efficientNetBlocks = []int{2, 4, 4, 6, 6, 8, 2}
	convNeXtTinyBlocks = []int{3, 3, 9, 3}
)

// under puts names in front of each side of a table.
func under(outside, acol string, table []pair) []pair {
	out := slices.Clone(table)
	for i := range out {
		out[i].outside, out[i].acol = outside+out[i].outside, acol+out[i].acol
	}
	return out
}

// timmMobileNet: torchvision numbers the blocks through.
func timmMobileNet(Target) []pair {
	table := []pair{{outside: "conv_stem.*", acol: "features.0.0.*"}, {outside: "bn1.*", acol: "features.0.1.*"}}
	separable := []pair{
		{outside: "conv_dw.*", acol: "0.0.*"}, {outside: "bn1.*", acol: "0.1.*"}, {outside: "conv_pw.*", acol: "1.*"}, {outside: "bn2.*", acol: "2.*"},
	}
	inverted := []pair{
		{outside: "conv_pw.*", acol: "0.0.*"}, {outside: "bn1.*", acol: "0.1.*"}, {outside: "conv_dw.*", acol: "1.0.*"},
		{outside: "bn2.*", acol: "1.1.*"}, {outside: "conv_pwl.*", acol: "2.*"}, {outside: "bn3.*", acol: "3.*"},
	}
	at := 1
	for s, blocks := range mobileNetV2Blocks {
		for b := range blocks {
			block := inverted
			if s == 0 {
				block = separable
			}
			table = append(table, under(fmt.Sprintf("blocks.%d.%d.", s, b), fmt.Sprintf("features.%d.conv.", at), block)...)
			at++
		}
	}
	return append(table, pair{outside: "conv_head.*", acol: fmt.Sprintf("features.%d.0.*", at)},
		pair{outside: "bn2.*", acol: fmt.Sprintf("features.%d.1.*", at)}, linear("classifier.*", 0))
}

func timmEfficientNet(Target) []pair {
	table := []pair{{outside: "conv_stem.*", acol: "features.0.0.*"}, {outside: "bn1.*", acol: "features.0.1.*"}}
	separable := []pair{
		{outside: "conv_dw.*", acol: "0.0.*"}, {outside: "bn1.*", acol: "0.1.*"}, {outside: "se.conv_reduce.*", acol: "1.fc1.*"},
		{outside: "se.conv_expand.*", acol: "1.fc2.*"}, {outside: "conv_pw.*", acol: "2.0.*"}, {outside: "bn2.*", acol: "2.1.*"},
	}
	inverted := []pair{
		{outside: "conv_pw.*", acol: "0.0.*"}, {outside: "bn1.*", acol: "0.1.*"}, {outside: "conv_dw.*", acol: "1.0.*"}, {outside: "bn2.*", acol: "1.1.*"},
		{outside: "se.conv_reduce.*", acol: "2.fc1.*"}, {outside: "se.conv_expand.*", acol: "2.fc2.*"},
		{outside: "conv_pwl.*", acol: "3.0.*"}, {outside: "bn3.*", acol: "3.1.*"},
	}
	for s, blocks := range efficientNetBlocks {
		for b := range blocks {
			block := inverted
			if s == 0 {
				block = separable
			}
			table = append(table, under(fmt.Sprintf("blocks.%d.%d.", s, b), fmt.Sprintf("features.%d.%d.block.", s+1, b), block)...)
		}
	}
	last := len(efficientNetBlocks) + 1
	return append(table, pair{outside: "conv_head.*", acol: fmt.Sprintf("features.%d.0.*", last)},
		pair{outside: "bn2.*", acol: fmt.Sprintf("features.%d.1.*", last)}, linear("classifier.*", 0))
}

// timmConvNeXt: torchvision's layer scale has two more axes; its classifier begins with a layer norm, so that it is no head of acol.
func timmConvNeXt(Target) []pair {
	table := []pair{{outside: "stem.*", acol: "features.0.*"}, {outside: "head.norm.*", acol: "classifier.0.*"}, {outside: "head.fc.*", acol: "classifier.2.*"}}
	block := []pair{
		{outside: "gamma", acol: "layer_scale", outRank: 1, rank: 3}, {outside: "conv_dw.*", acol: "block.0.*"}, {outside: "norm.*", acol: "block.2.*"},
		{outside: "mlp.fc1.*", acol: "block.3.*"}, {outside: "mlp.fc2.*", acol: "block.5.*"},
	}
	for s, blocks := range convNeXtTinyBlocks {
		table = append(table, pair{outside: fmt.Sprintf("stages.%d.downsample.*", s), acol: fmt.Sprintf("features.%d.*", 2*s)})
		for b := range blocks {
			table = append(table, under(fmt.Sprintf("stages.%d.blocks.%d.", s, b), fmt.Sprintf("features.%d.%d.", 2*s+1, b), block)...)
		}
	}
	return table
}
