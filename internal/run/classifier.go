package run

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"acol/internal/imagenet"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/weights"
)

// ClassifierRecipe is the recipe by which a classifier is used: that of opt, with the network and
// the input of the classifier, except for what opt.Set says. Without opt.File it has no data.
func ClassifierRecipe(c model.Classifier, opt recipe.Options) (*recipe.Recipe, error) {
	set := classifierKeys(c, sideOf(opt.Set, c.Side))
	if opt.File == "" {
		set = append(set, "data.format=folder", "data.root=.")
	}
	opt.Set = append(set, opt.Set...)
	return recipe.Load(opt)
}

// OpenClassifier makes a Trained of a whole classifier that another program trained, without a
// folder. sd is what the file at path holds, under acol's names. The recipe is ClassifierRecipe.
// The names of the classes are those in the file's metadata, else ImageNet's where there are as
// many, else numbers. A file without a classifier is ErrNoClassifier.
func OpenClassifier(
	c model.Classifier, path string, sd *weights.StateDict, opt recipe.Options,
) (*Trained, error) {
	rec, err := ClassifierRecipe(c, opt)
	if err != nil {
		return nil, err
	}
	n, ok := c.Outputs(sd)
	if !ok {
		return nil, fmt.Errorf("loading %s: %w", path, ErrNoClassifier)
	}
	t := &Trained{
		Name: c.Name, Checkpoint: path, Recipe: rec, Classes: classNames(sd, n), Sum: sd.Sum(),
	}
	if t.Model, err = model.New(rec.Model, n); err != nil {
		return nil, err
	}
	if err := t.Model.LoadAll(sd); err != nil {
		return nil, fmt.Errorf("loading %s as %s: %w", path, c.Name, err)
	}
	return t, nil
}

// sideOf returns the side of the input that overrides ask for, in pixels, else usual.
func sideOf(set []string, usual int) int {
	for _, s := range slices.Backward(set) {
		if text, ok := strings.CutPrefix(s, "data.input.size="); ok {
			if side, err := strconv.Atoi(text); err == nil {
				return side
			}
		}
	}
	return usual
}

// classifierKeys are the overrides by which a recipe has the network of a classifier and inputs of
// a side in pixels. The whole picture is warped to the input, since a crop would show no map of
// what it leaves out.
func classifierKeys(c model.Classifier, size int) []string {
	numbers := func(v []float64) string {
		return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(v), "[]")), ",")
	}
	b, side := c.Config.Backbone, strconv.Itoa(size)
	return []string{
		"name=" + c.Name,
		"model.backbone.arch=" + string(b.Arch), "model.backbone.depth=" + b.Depth,
		"model.backbone.variant=" + b.Variant, "model.backbone.width=1",
		"model.backbone.stages=0", "model.backbone.output_stride=0",
		"model.backbone.weights=", "model.backbone.freeze_stages=0",
		"model.branches.kinds=" + c.Config.Branches.Kinds, "model.branches.deltas=",
		"model.branches.head=" + string(c.Config.Branches.Head), "model.branches.avg_pool=false",
		"model.branches.head_width=" + strconv.Itoa(c.Config.Branches.HeadWidth),
		"model.branches.fusion=positive", "model.loss.name=softmax",
		"data.mean=" + numbers(c.Mean), "data.std=" + numbers(c.Std),
		"data.input.size=" + side, "data.input.resize=warp",
		"data.input.train_resize=" + side, "data.input.test_resize=" + side,
	}
}

// ErrNoClassifier is of a weight file that has no classifier's tensors under acol's names.
var ErrNoClassifier = errors.New("it has no head that acol knows")

// Outputs returns the number of classes of the first branch in a file, whose tensors have acol's
// names. Where there is no such head it is ErrNoClassifier.
func Outputs(sd *weights.StateDict) (int, error) {
	const last = "branches.0.classifier.weight"
	t, ok := sd.Get(last)
	if !ok || len(t.Shape) != 4 || t.Shape[0] < 1 {
		return 0, ErrNoClassifier
	}
	return t.Shape[0], nil
}

// classNames returns the names of a file's n classes.
func classNames(sd *weights.StateDict, n int) []string {
	if names := Classes(sd.Metadata); len(names) == n {
		return names
	}
	if names := imagenet.Names(); len(names) == n {
		return names
	}
	return Numbered(n)
}

// Numbered are the names of n classes of which nothing is known: their labels. A damaged file does
// not make it more than a model may have.
func Numbered(n int) []string {
	names := make([]string, min(n, 1<<20))
	for i := range names {
		names[i] = strconv.Itoa(i)
	}
	return names
}
