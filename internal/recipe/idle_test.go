package recipe

import (
	"slices"
	"strings"
	"testing"

	"acol/configs"
)

// idleOf are the keys of a recipe with these overrides that have no effect.
func idleOf(t *testing.T, set ...string) []string {
	t.Helper()
	r, err := Load(Options{Set: append([]string{"data.root=x", "data.metadata=y"}, set...)})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, i := range r.Idle() {
		names = append(names, i.Key)
	}
	return names
}

func TestKeysWithoutEffectAreListed(t *testing.T) {
	adamw, resized := "train.optimizer.name=adamw", "data.augment.crop=resized"
	for _, c := range []struct {
		set     string // that has no effect
		because string // of this; "" of the defaults
		unless  string // this is set too
	}{
		{"train.optimizer.momentum=0.5", adamw, "train.optimizer.name=sgd"},
		{"train.optimizer.betas=0.8,0.9", "", adamw},
		{"train.optimizer.eps=1e-6", "", adamw},
		{"train.optimizer.bias_decay=false", "train.optimizer.weight_decay=0", "train.optimizer.weight_decay=1e-3"},
		{"train.schedule.steps=3", "", "train.schedule.name=step"},
		{"train.schedule.gamma=0.5", "train.schedule.name=cosine", "train.schedule.name=step --set train.schedule.steps=3"},
		{"train.schedule.power=2", "", "train.schedule.name=poly"},
		{"train.ema.warmup=true", "", "train.ema.decay=0.9"},
		{"train.hide_and_seek.rate=0.2", "", "train.hide_and_seek.grids=16"},
		{"train.cutmix.beta=2", "model.branches.kinds=p --set model.branches.deltas=", "train.cutmix.probability=1"},
		{"train.mixup.alpha=2", "model.branches.kinds=p --set model.branches.deltas=", "train.mixup.probability=1"},
		{"model.backbone.attention_dropout.rate=0.1", "", "model.backbone.attention_dropout.use=true"},
		{"model.spg.width=64", "model.branches.kinds=p --set model.branches.deltas=", "model.spg.use=true"},
		{"model.branches.head_width=64", "", "model.branches.head=conv"},
		{"model.branches.compare=gt", "model.branches.kinds=p --set model.branches.deltas=",
			"model.branches.kinds=pp --set model.branches.deltas=0.6"},
		{"model.branches.fusion=all", "", "model.branches.kinds=pn"},
		{"data.augment.scale=0.5,1", "", resized},
		{"data.input.train_resize=300", resized, "data.augment.crop=random"},
		{"data.augment.rand_augment.magnitude=5", "", "data.augment.rand_augment.num_ops=1"},
		{"data.augment.erasing.value=", "", "data.augment.erasing.probability=0.5"},
		{"data.val_every=5", "", "data.format=cub"},
		{"data.masks=x", "data.format=csv", "data.format=wsol"},
		{"data.share_seed=5", "", "data.val_share=0.1"},
	} {
		all := func(more string) []string {
			words := []string{c.set}
			for _, text := range []string{c.because, more} {
				if text != "" {
					words = append(words, strings.Split(text, " --set ")...)
				}
			}
			return words
		}
		key, _, _ := strings.Cut(c.set, "=")
		if got := idleOf(t, all("")...); !slices.Equal(got, []string{key}) {
			t.Errorf("%s %s: without effect are %q", c.set, c.because, got)
		}
		if got := idleOf(t, all(c.unless)...); len(got) > 0 {
			t.Errorf("%s %s %s: without effect are %q", c.set, c.because, c.unless, got)
		}
	}
	if got := idleOf(t); got != nil {
		t.Errorf("of the defaults %q have no effect", got)
	}
}

func TestKeysWithoutEffectSayWhatTheyNeed(t *testing.T) {
	r := Default()
	r.Train.Optimizer.Betas = []float64{0.8, 0.9}
	const want = "train.optimizer.betas: [0.8, 0.9] has no effect without train.optimizer.name adamw"
	if got := r.Idle(); len(got) != 1 || got[0].String() != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestShippedRecipesHaveNoKeyWithoutEffect(t *testing.T) {
	for _, c := range configs.All() {
		r, err := Load(Options{File: c.Name, Text: c.Text})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Idle(); len(got) > 0 {
			t.Errorf("%s: %v", c.Name, got)
		}
	}
}

// Each key that depends on another exists, and is named once.
func TestDependencesNameKeys(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range dependences {
		for name := range strings.FieldsSeq(d.keys) {
			f := lookup(name)
			if f == nil || seen[name] {
				t.Errorf("%s is no key, or is named twice", name)
			}
			seen[name] = true
		}
		if !strings.Contains(d.needs, ".") {
			t.Errorf("%s needs %q, which names no key", d.keys, d.needs)
		}
	}
}
