package model

import (
	"fmt"

	"acol/internal/weights"
)

// wsolSPG makes the scheme of wsolevaluation's SPG on a family,
// https://github.com/clovaai/wsolevaluation, wsol. marks tell its files, own are the names of the
// backbone's layers that differ and of the head, which is one of a kind and width.
func wsolSPG(
	arch Arch, title string, marks []string, head Head, width int, own []weights.Pair,
) scheme {
	return scheme{
		name: "wsol-spg-" + string(arch), title: "the names of wsolevaluation's SPG on " + title,
		marks:  append(marks, "SPG_B_1a.0.weight"),
		format: "wsol",
		fits: func(c Config) error {
			if !c.SPG.Use || onlyOneHead(c, arch, head) != nil ||
				head != LinearHead && c.Branches.HeadWidth != width {
				return fmt.Errorf("the network is an SPG on %s with one %s head", arch, head)
			}
			return nil
		},
		pairs: func(Config) []weights.Pair {
			return append([]weights.Pair{
				{Outside: "SPG_B_1a.0.*", Acol: "spg.b1.conv.*"},
				{Outside: "SPG_B_2a.0.*", Acol: "spg.b2.conv.*"},
				{Outside: "SPG_B_shared.0.*", Acol: "spg.shared.conv.*"},
				{Outside: "SPG_B_shared.2.*", Acol: "spg.shared.out.*"},
				{Outside: "SPG_C.0.*", Acol: "spg.c.conv.*"},
				{Outside: "SPG_C.2.*", Acol: "spg.c.out.*"},
			}, own...)
		},
	}
}

// The networks of wsolevaluation's SPG.
var (
	wsolSPGOnVGG = wsolSPG("vgg", "VGG", []string{"SPG_A_1.0.weight"}, ConvHead, 512,
		[]weights.Pair{
			{Outside: "SPG_A_1.0.*", Acol: "features.17.*"},
			{Outside: "SPG_A_1.2.*", Acol: "features.19.*"},
			{Outside: "SPG_A_1.4.*", Acol: "features.21.*"},
			{Outside: "SPG_A_2.0.*", Acol: "features.24.*"},
			{Outside: "SPG_A_2.2.*", Acol: "features.26.*"},
			{Outside: "SPG_A_2.4.*", Acol: "features.28.*"},
			{Outside: "SPG_A_3.0.*", Acol: "branches.0.conv1.*"},
			{Outside: "SPG_A_3.2.*", Acol: "branches.0.conv2.*"},
			{Outside: "SPG_A_4.*", Acol: "branches.0.classifier.*"},
		})
	wsolSPGOnResNet = wsolSPG("resnet", "ResNet", []string{"SPG_A1.0.conv1.weight"}, LinearHead, 0,
		[]weights.Pair{
			{Outside: "SPG_A1.0.*", Acol: "layer3.0.*"},
			{Outside: "SPG_A2.0.*", Acol: "layer3.1.*"},
			{Outside: "SPG_A2.1.*", Acol: "layer3.2.*"},
			{Outside: "SPG_A2.2.*", Acol: "layer3.3.*"},
			{Outside: "SPG_A2.3.*", Acol: "layer3.4.*"},
			{Outside: "SPG_A2.4.*", Acol: "layer3.5.*"},
			{Outside: "SPG_A4.*", Acol: "branches.0.classifier.*"},
		})
	wsolSPGOnInception = wsolSPG("inception", "Inception", []string{"SPG_A3_1b.0.weight"}, ConvHead,
		publishedHeadWidth, []weights.Pair{
			{Outside: "SPG_A3_1b.0.*", Acol: "branches.0.conv1.*"},
			{Outside: "SPG_A3_2b.0.*", Acol: "branches.0.conv2.*"},
			{Outside: "SPG_A4.*", Acol: "branches.0.classifier.*"},
		})
)
