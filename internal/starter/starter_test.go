package starter

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"acol/internal/data"
	"acol/internal/recipe"
	"acol/internal/scout"
)

// found is a data set of n images to train on and as many classes as wanted.
func found(n, classes int) *scout.Found {
	f := &scout.Found{Kind: "one folder a class", Data: data.DefaultConfig()}
	f.Data.Format, f.Data.Root, f.Data.Train = "folder", "birds", "."
	f.Data.ValShare, f.Data.TestShare = 0.2, 0.2
	f.Train.Images, f.Val.Images, f.Test.Images = n, n/4, n/4
	for i := range classes {
		f.Classes = append(f.Classes, fmt.Sprint("class ", i))
	}
	return f
}

func starting(f *scout.Found, n Network, set ...string) Recipe {
	return Recipe{
		File: "birds.yaml", Found: f, Network: n, Set: set,
		Commands: []string{"acol train birds.yaml", "acol eval --run runs/birds"},
		Epochs:   n.Epochs(f.Train.Images), Batch: n.Batch(f.Train.Images),
	}
}

func TestTextSaysWhatWasFoundAndChosen(t *testing.T) {
	r := starting(found(400, 16), squeezeNet)
	r.Took, r.Speed = "about 2 min", Speed{Precision: "bf16", Gain: 2.31}
	text, rec, err := r.Text()
	if err != nil {
		t.Fatal(err)
	}
	want := recipe.Default()
	want.Name, want.Train.Out = "birds", "runs/birds"
	b := &want.Model.Backbone
	b.Arch, b.Depth, b.Weights = "squeezenet", "1.1", "imagenet"
	want.Model.Branches.Kinds, want.Model.Branches.Deltas = "pp", []float64{0.6}
	want.Data.Format, want.Data.Root, want.Data.Train = "folder", "birds", "."
	want.Data.ValShare, want.Data.TestShare = 0.2, 0.2
	want.Train.Epochs, want.Train.BatchSize, want.Train.Precision = 24, 32, "bf16"
	o := &want.Train.Optimizer
	o.WeightDecay, o.LRBackbone, o.LRHeads = 1e-4, 2e-4, 2e-3
	want.Train.Schedule.Name, want.Train.Schedule.Steps = "step", []int{16}
	if diff := cmp.Diff(want, rec, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	for _, line := range []string{
		"# 600 images of 16 classes, found as one folder a class: 400 to train on,",
		"#   acol train birds.yaml", "#   acol eval --run runs/birds",
		"  epochs: 24                    # about 2 min where this was written",
		"  precision: bf16               # 2.3 times as fast as fp32, which others fall back to",
	} {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > 101 {
			t.Errorf("long line %q", line)
		}
	}
}

func TestEveryNetworkAndNameMakesARecipe(t *testing.T) {
	names := []string{"birds", "my birds", "1", "true", "- x", "a: b # c", "é ü", `q"'\`, "~", "1e3"}
	for _, n := range []Network{squeezeNet, mobileNet, resNet, squeezeNet.Branches("ppp")} {
		for _, name := range names {
			f := found(100, 3)
			f.Data.Root, f.Data.Metadata, f.Data.Classes = name, name, []string{name, "other"}
			f.Data.Format, f.Data.Train, f.Several = "csv", name, true
			f.Data.Val, f.Data.ValShare, f.Data.OnError = "", 0, data.Skip
			f.Kind = "a table, " + name
			_, rec, err := starting(f, n).Text()
			if err != nil {
				t.Fatalf("%s, %q: %v", n.Name, name, err)
			}
			diff := cmp.Diff(f.Data, rec.Data, cmpopts.EquateEmpty())
			if diff != "" || rec.Model.Loss.Name != "sigmoid" {
				t.Errorf("%s, %q: loss %s, %s", n.Name, name, rec.Model.Loss.Name, diff)
			}
		}
	}
}

func TestANameThatNoRecipeHoldsIsAnError(t *testing.T) {
	f := found(100, 3)
	f.Data.Root = "a\nb"
	if text, _, err := starting(f, squeezeNet).Text(); err == nil ||
		!strings.Contains(err.Error(), "has a control character") {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestOverridesBecomeTheRecipesValues(t *testing.T) {
	for _, set := range [][]string{
		{"train.epochs=9"}, {"train.epochs=9", "train.schedule.steps=2,5"}, {"train.seed=3"},
		{"data.input.size=128"}, {"model.branches.deltas=0.5"}, {"eval.batch_size=4"},
		{"train.optimizer.momentum=0.8", "train.save.minutes=1"}, {"name=other"},
		{"data.mean=0.1,0.2,0.3"}, {"model.backbone.weights="}, {"localize.opacity=0.3"},
	} {
		r := starting(found(400, 16), squeezeNet, set...)
		text, rec, err := r.Text()
		if err != nil {
			t.Fatal(err)
		}
		base := r
		base.Set = nil
		plain, _, err := base.Text()
		if err != nil {
			t.Fatal(err)
		}
		want, err := recipe.Load(recipe.Options{File: "birds.yaml", Text: plain, Set: set})
		if err != nil {
			t.Fatal(err)
		}
		if len(set) == 1 && set[0] == "train.epochs=9" {
			want.Train.Schedule.Steps = []int{6}
		}
		if diff := cmp.Diff(want, rec); diff != "" {
			t.Errorf("%v: %s\n%s", set, diff, text)
		}
	}
	if _, _, err := starting(found(9, 2), squeezeNet, "train.epochs=x").Text(); err == nil ||
		!strings.Contains(err.Error(), "train.epochs") {
		t.Errorf("a wrong override: %v", err)
	}
}

func TestSizesFollowTheNumberOfImages(t *testing.T) {
	for _, tc := range []struct {
		network       Network
		images        int
		batch, epochs int
	}{
		{squeezeNet, 1, 1, 44}, {squeezeNet, 6, 6, 37}, {squeezeNet, 28, 8, 31},
		{squeezeNet, 100, 16, 28}, {squeezeNet, 400, 32, 24}, {squeezeNet, 6000, 32, 12},
		{squeezeNet, 10_000_000, 32, 6}, {mobileNet, 28, 16, 16}, {mobileNet, 400, 32, 12},
	} {
		b, e := tc.network.Batch(tc.images), tc.network.Epochs(tc.images)
		if b != tc.batch || e != tc.epochs {
			t.Errorf("%s, %d images: %d epochs in batches of %d, want %d and %d",
				tc.network.Name, tc.images, e, b, tc.epochs, tc.batch)
		}
	}
	few, many := Ladder(found(100, 30)), Ladder(found(100, 31))
	if len(few) != 1 || few[0].Arch != "squeezenet" || len(many) != 3 || many[0].Arch != "resnet" {
		t.Errorf("ladders %v, %v", few, many)
	}
}

func TestSmallPicturesMakeASmallInput(t *testing.T) {
	for side, want := range map[int]int{0: 224, 32: 128, 100: 128, 101: 224, 4000: 224} {
		f := found(100, 3)
		f.Side = side
		_, rec, err := starting(f, squeezeNet).Text()
		if err != nil {
			t.Fatal(err)
		}
		if in := rec.Data.Input; in.Size != want || in.TestResize != want || in.TrainResize <= want {
			t.Errorf("pictures of %d pixels: %+v", side, in)
		}
	}
}

func TestEstimateCountsDecodingOnceWhereImagesAreCached(t *testing.T) {
	f := Facts{Train: 100, Val: 25, Epochs: 10, Cached: 1000}
	s := Speed{Rate: 10, Decode: 200 * time.Millisecond}
	if got, want := f.Estimate(s), 25*time.Second+9*11*time.Second; got != want {
		t.Errorf("cached: %v, want %v", got, want)
	}
	f.Cached = 99
	if got, want := f.Estimate(s), 250*time.Second; got != want {
		t.Errorf("not cached: %v, want %v", got, want)
	}
}
