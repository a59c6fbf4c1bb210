package recipe

import (
	"fmt"
	"reflect"
	"strings"

	"acol/internal/data"
	"acol/internal/model"
	"acol/internal/train"
)

// Idle is a key that a recipe sets to a value which changes nothing, because of what the recipe
// says elsewhere.
type Idle struct {
	Key   string
	Value string // as YAML, on one line
	Needs string // what would have to be otherwise
}

// String says it on one line.
func (i Idle) String() string {
	return fmt.Sprintf("%s: %s has no effect without %s", i.Key, cut(i.Value), i.Needs)
}

// dependence says when keys have an effect.
type dependence struct {
	keys  string // keys or sections, with blanks between
	works func(r *Recipe) bool
	needs string
}

// dependences are the keys that work together with others alone. Keys that every recipe has to
// agree on by itself, such as the number of deltas, are a matter of Validate.
var dependences = []dependence{
	{"train.optimizer.momentum train.optimizer.nesterov", func(r *Recipe) bool {
		return r.Train.Optimizer.Name == train.UseSGD
	}, "train.optimizer.name sgd"},
	{"train.optimizer.betas train.optimizer.eps", func(r *Recipe) bool {
		return r.Train.Optimizer.Name == train.UseAdamW
	}, "train.optimizer.name adamw"},
	{"train.optimizer.bias_decay", func(r *Recipe) bool {
		return r.Train.Optimizer.WeightDecay > 0
	}, "a train.optimizer.weight_decay above 0"},
	{"train.schedule.steps train.schedule.gamma", func(r *Recipe) bool {
		return r.Train.Schedule.Name == train.Step
	}, "train.schedule.name step"},
	{"train.schedule.power", func(r *Recipe) bool {
		return r.Train.Schedule.Name == train.Poly
	}, "train.schedule.name poly"},
	{"train.ema.warmup", func(r *Recipe) bool {
		return r.Train.EMA.Decay > 0
	}, "a train.ema.decay above 0"},
	{"train.hide_and_seek.rate", func(r *Recipe) bool {
		return len(r.Train.HideAndSeek.Grids) > 0
	}, "train.hide_and_seek.grids"},
	{"train.cutmix.beta", func(r *Recipe) bool {
		return r.Train.CutMix.Probability > 0
	}, "a train.cutmix.probability above 0"},
	{"train.mixup.alpha", func(r *Recipe) bool {
		return r.Train.MixUp.Probability > 0
	}, "a train.mixup.probability above 0"},
	{"model.backbone.attention_dropout", func(r *Recipe) bool {
		return r.Model.Backbone.AttentionDropout.Use
	}, "model.backbone.attention_dropout.use"},
	{"model.spg", func(r *Recipe) bool { return r.Model.SPG.Use }, "model.spg.use"},
	{"model.branches.head_width", func(r *Recipe) bool {
		h := r.Model.Branches.Head
		return h != model.LinearHead && h != model.LinearReLUHead
	}, "model.branches.head conv or conv6"},
	{"model.branches.compare", func(r *Recipe) bool {
		return len(r.Model.Branches.Kinds) > 1
	}, "a second branch in model.branches.kinds"},
	{"model.branches.fusion", func(r *Recipe) bool {
		return strings.Contains(r.Model.Branches.Kinds, "n")
	}, "an n branch in model.branches.kinds"},
	{"data.augment.scale data.augment.ratio", func(r *Recipe) bool {
		return r.Data.Augment.Crop == data.CropResized
	}, "data.augment.crop resized"},
	{"data.input.train_resize", func(r *Recipe) bool {
		return r.Data.Augment.Crop != data.CropResized
	}, "another data.augment.crop than resized"},
	{"data.augment.rand_augment", func(r *Recipe) bool {
		return r.Data.Augment.RandAugment.On()
	}, "a data.augment.rand_augment.num_ops above 0"},
	{"data.augment.erasing", func(r *Recipe) bool {
		return r.Data.Augment.Erasing.On()
	}, "a data.augment.erasing.probability above 0"},
	{"data.val_every", func(r *Recipe) bool { return r.Data.Format == "cub" }, "data.format cub"},
	{"data.masks", func(r *Recipe) bool {
		return r.Data.Format == "wsol" || r.Data.Format == "folder"
	}, "data.format wsol or folder"},
	{"data.share_seed", func(r *Recipe) bool {
		return r.Data.ValShare > 0 || r.Data.TestShare > 0
	}, "a data.val_share or data.test_share above 0"},
}

// Idle lists the keys of the recipe that change nothing, in the recipe's order. A key that has its
// default is none of them, since nobody has to have meant anything by it.
func (r *Recipe) Idle() []Idle {
	needs := map[string]string{}
	for _, d := range dependences {
		if d.works(r) {
			continue
		}
		for name := range strings.FieldsSeq(d.keys) {
			for _, f := range lookup(name).leaves() {
				needs[f.path] = d.needs
			}
		}
	}
	defaults := Default()
	var list []Idle
	for _, f := range keys {
		value := f.get(r)
		if needs[f.path] == "" || reflect.DeepEqual(value, f.get(defaults)) || f.follows(r) {
			continue
		}
		list = append(list, Idle{f.path, asYAML(value), needs[f.path]})
	}
	return list
}
