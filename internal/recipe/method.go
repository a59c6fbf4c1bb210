package recipe

import (
	"strconv"
	"strings"
)

// Method names the method that a model is trained by, such as "ACoL, delta 0.6" or "CAM with
// CutMix": what tells the models of a comparison apart that differ in nothing else.
func (r *Recipe) Method() string {
	b := r.Model.Branches
	name := "CAM"
	if len(b.Kinds) > 1 {
		name = "ACoL"
		if strings.Trim(b.Kinds, "p") != "" || len(b.Kinds) > 2 {
			name += " " + b.Kinds
		}
		name += ", delta"
		for i, d := range b.Deltas {
			if i > 0 {
				name += ","
			}
			name += " " + strconv.FormatFloat(d, 'g', -1, 64)
		}
	} else if b.Kinds == "n" {
		name = "an adversarial branch"
	}
	var with []string
	for _, m := range []struct {
		name string
		on   bool
	}{
		{"Hide-and-Seek", len(r.Train.HideAndSeek.Grids) > 0},
		{"CutMix", r.Train.CutMix.Probability > 0},
		{"mixup", r.Train.MixUp.Probability > 0},
		{"attention dropout", r.Model.Backbone.AttentionDropout.Use},
		{"stochastic depth", r.Model.Backbone.StochasticDepth > 0},
		{"SPG", r.Model.SPG.Use},
		{"colour jitter", r.Data.Augment.ColorJitter.On()},
		{"RandAugment", r.Data.Augment.RandAugment.On()},
		{"erasing", r.Data.Augment.Erasing.On()},
	} {
		if m.on {
			with = append(with, m.name)
		}
	}
	if len(with) == 0 {
		return name
	}
	return name + " with " + strings.Join(with, ", ")
}
