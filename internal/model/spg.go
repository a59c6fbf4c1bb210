package model

import (
	"cmp"
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"

	"acol/internal/brief"
	"acol/internal/op"
)

// SPG is the model.spg section of a recipe: self-produced guidance, in training alone (Zhang et al.
// 2018, arXiv 1807.08902). Three small branches learn to tell object from background, each from
// a mask of what another map is sure of: B2 from the map of the image's class, B1 from B2, and C
// from the mean of B1 and B2. They shape the features; maps are still those of the p branch.
type SPG struct {
	// Use says whether a training has these branches. They need kinds p. wsolevaluation has them on
	// vgg, resnet 50 and inception; on the other networks that have places for them, these are
	// acol's own choice and not published ones (docs/backbones.md).
	Use bool `mapstructure:"use"`
	// Width is the number of channels in the branches, from 1 to 8192; 0 is the network's own. That
	// is wsolevaluation's for vgg and inception, 512, and for the resnets, 1024 and 512 in C. It is
	// 128 for the other networks, which are smaller. model.backbone.width multiplies it.
	Width int `mapstructure:"width"`
	// High are the three thresholds over which positions are object, from 0 to 1. They are of the
	// map of the class, of B2, and of the mean of B1 and B2. Where fewer than 30 positions of an
	// image are over one, it is 0.7 of the largest value there.
	High []float64 `mapstructure:"high"`
	// Low are the three thresholds under which positions are background, from 0 to 1. They are of
	// the same maps as High. What is neither is left out of the loss. The defaults are
	// wsolevaluation's; the SPG authors' code has 0.05 as the first of them.
	Low []float64 `mapstructure:"low"`
}

// guideSide is the side of the masks that SPG learns from, in pixels, for images of any size, as in
// the published codes.
const guideSide = 224

// guideWidth is the width of SPG's branches on networks for which no code is published.
const guideWidth = 128

// guideNames are the names of SPG's losses, in their order.
var guideNames = []string{"B2", "B1", "C"}

func (s SPG) validate(c Config, a architecture, bad func(key, msg string)) {
	if s.Use {
		if !a.places {
			bad("spg.use", noPlaces(a, "the branches"))
		}
		if c.Branches.Kinds != "p" {
			bad("spg.use", fmt.Sprintf("SPG needs model.branches.kinds p, not %q: "+
				"its masks come from the map of one branch", c.Branches.Kinds))
		}
		if at, keep := a.guideStage, c.Backbone.Stages; a.places && keep > 0 && keep < at {
			bad("spg.use", fmt.Sprintf("SPG has branches in stage %d, "+
				"and model.backbone.stages cuts the network after stage %d", at, keep))
		}
	}
	if s.Width < 0 || s.Width > 8192 {
		bad("spg.width", fmt.Sprintf("%d is not in 0 to 8192", s.Width))
	}
	for _, t := range []struct {
		key    string
		values []float64
	}{{"spg.high", s.High}, {"spg.low", s.Low}} {
		if n := len(t.values); n != len(guideNames) {
			bad(t.key, fmt.Sprintf("%d values %s for the masks of %s, want 3",
				n, brief.List(t.values), strings.Join(guideNames, ", ")))
		}
		for i, v := range t.values {
			if !(v >= 0 && v <= 1) {
				bad(fmt.Sprintf("%s[%d]", t.key, i), fmt.Sprintf("%g is not in 0 to 1", v))
			}
		}
	}
	for i := range min(len(s.High), len(s.Low)) {
		if s.Low[i] > s.High[i] {
			bad(fmt.Sprintf("spg.low[%d]", i),
				fmt.Sprintf("%g is above %g of spg.high, but background is below object",
					s.Low[i], s.High[i]))
		}
	}
}

// noPlaces says that a family has no places for layers.
func noPlaces(a architecture, what string) string {
	having := familiesOf(func(a architecture) bool { return a.places })
	return fmt.Sprintf("%s has no places for %s; these have: %s", a.name, what, having)
}

// guideFrom marks features x (N,C,h,w) of the backbone as what SPG's branch B1 or B2 sees, and
// returns them.
func (b *builder) guideFrom(branch int, x *G.Node) *G.Node {
	b.guided[branch-1] = x
	return x
}

// guideWidths returns the channels inside B1 and B2, and inside C.
func (b *builder) guideWidths() (sides, c int) {
	if w := b.cfg.SPG.Width; w > 0 {
		return w, w
	}
	own := b.arch.guideWidths
	return b.width(cmp.Or(own[0], guideWidth)), b.width(cmp.Or(own[1], guideWidth))
}

// guides adds SPG's branches, where the recipe wants them, behind what the p branch p classifies
// and the marked features of the backbone. It returns their logits in the order of guideNames, each
// (N,1,h,w) of the size of its own features.
func (b *builder) guides(p branch) G.Nodes {
	if !b.cfg.SPG.Use || b.err != nil {
		return nil
	}
	b.group = HeadGroup
	sides, c := b.guideWidths()
	shared := func(name string, x *G.Node) *G.Node {
		x = b.relu(headConv(b, name, x, sides, 3))
		x = b.relu(headConv(b, "spg.shared.conv", x, sides, 3))
		return headConv(b, "spg.shared.out", x, 1, 1)
	}
	b1 := shared("spg.b1.conv", b.guided[0])
	b2 := shared("spg.b2.conv", b.guided[1])
	x := b.relu(headConv(b, "spg.c.conv", p.seen, c, 3))
	return G.Nodes{b2, b1, headConv(b, "spg.c.out", x, 1, 1)}
}

// guideLosses adds the losses of SPG's branches, in the order of guideNames.
func (b *builder) guideLosses(p branch, logits G.Nodes) G.Nodes {
	if len(logits) == 0 || b.err != nil {
		return nil
	}
	large := func(name string, x *G.Node) *G.Node {
		return b.layer("upsampling "+name, func() (*G.Node, error) {
			return op.Bilinear(x, guideSide, guideSide)
		})
	}
	var up, sure G.Nodes // logits as large as the masks, and their sigmoids
	for i, x := range logits {
		y := large(guideNames[i], x)
		up = append(up, y)
		if i < 2 {
			s := b.layer("sigmoid", func() (*G.Node, error) { return op.Sigmoid(y) })
			sure = append(sure, s)
		}
	}
	sum := b.add("the sum of B1 and B2", sure[0], sure[1])
	// The maps that the masks are of. The last is twice the mean, so its thresholds are doubled,
	// which is exact.
	maps := G.Nodes{b.normalised(large("the class's map", p.maps)), sure[0], sum}
	var losses G.Nodes
	for i, m := range maps {
		low, high := float32(b.cfg.SPG.Low[i]), float32(b.cfg.SPG.High[i])
		if i == 2 {
			low, high = 2*low, 2*high
		}
		losses = append(losses, b.layer("loss of "+guideNames[i], func() (*G.Node, error) {
			mask, err := op.GuideMask(m, low, high)
			if err != nil {
				return nil, err
			}
			loss, err := op.GuideLoss(up[i], mask)
			if err != nil || !b.part.shared() {
				return loss, err
			}
			b.joins = b.joins || b.part.Sum != nil
			return op.PartMean(mask, loss)
		}))
	}
	return losses
}

// normalised scales the one map of each image (N,1,H,W) to [0,1].
func (b *builder) normalised(m *G.Node) *G.Node {
	return b.layer("normalising the class's map", func() (*G.Node, error) {
		n := m.Shape()[0]
		return op.ClassMap(m, leafNode(b.g, "the only map", []int{n}, make([]float32, n)))
	})
}

// LossNames returns the names of the losses of a training step: the kind of each branch, then
// SPG's.
func (c Config) LossNames() []string {
	names := strings.Split(c.Branches.Kinds, "")
	if c.SPG.Use {
		names = append(names, guideNames...)
	}
	return names
}

// LossTitle names loss i of Config.LossNames for people: "branch 1 (p)", "SPG's B2".
func LossTitle(i int, kinds string) string {
	if i < len(kinds) {
		return BranchTitle(i, kinds[i])
	}
	return "SPG's " + guideNames[(i-len(kinds))%len(guideNames)]
}
