package recipe

import "testing"

func TestAMethodIsNamedByWhatTellsItApart(t *testing.T) {
	for _, c := range []struct {
		change func(*Recipe)
		want   string
	}{
		{func(*Recipe) {}, "ACoL, delta 0.6"},
		{func(r *Recipe) { r.Model.Branches.Kinds, r.Model.Branches.Deltas = "p", nil }, "CAM"},
		{func(r *Recipe) { r.Model.Branches.Kinds = "pn" }, "ACoL pn, delta 0.6"},
		{func(r *Recipe) {
			r.Model.Branches.Kinds, r.Model.Branches.Deltas = "ppp", []float64{0.6, 0.75}
		}, "ACoL ppp, delta 0.6, 0.75"},
		{func(r *Recipe) {
			r.Model.Branches.Kinds, r.Model.Branches.Deltas = "p", nil
			r.Train.CutMix.Probability = 0.5
		}, "CAM with CutMix"},
		{func(r *Recipe) {
			r.Train.HideAndSeek.Grids = []int{0, 16}
			r.Model.Backbone.AttentionDropout.Use = true
		}, "ACoL, delta 0.6 with Hide-and-Seek, attention dropout"},
		{func(r *Recipe) {
			r.Data.Augment.ColorJitter.Hue, r.Data.Augment.RandAugment.NumOps = 0.1, 2
			r.Data.Augment.Erasing.Probability = 0.25
		}, "ACoL, delta 0.6 with colour jitter, RandAugment, erasing"},
		{func(r *Recipe) {
			r.Model.Branches.Kinds, r.Model.Branches.Deltas = "p", nil
			r.Train.MixUp.Probability = 1
		}, "CAM with mixup"},
	} {
		r := Default()
		c.change(r)
		if got := r.Method(); got != c.want {
			t.Errorf("method %q, want %q", got, c.want)
		}
	}
}
