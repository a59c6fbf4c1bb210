package run_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"acol/internal/imagenet"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/weights"
)

// squeezeNet is an untrained SqueezeNet 1.1 with the tensors of its file.
func squeezeNet(t *testing.T, classes int) (model.Classifier, *weights.StateDict) {
	t.Helper()
	c, err := model.FindClassifier("squeezenet1_1")
	check(t, err)
	m, err := model.New(c.Config, classes)
	check(t, err)
	m.Init(3)
	sd, err := m.State()
	check(t, err)
	return c, sd
}

func TestAClassifierOpensWithoutARun(t *testing.T) {
	c, sd := squeezeNet(t, 1000)
	got, err := run.OpenClassifier(c, "f.pth", sd, recipe.Options{
		Set: []string{
			"data.input.size=96",
			"localize.threshold=0.3",
		}, Env: []string{"ACOL_MODEL_BRANCHES_HEAD=conv"},
	})
	check(t, err)
	if got.Name != "squeezenet1_1" || got.Dir != "" || got.Checkpoint != "f.pth" || got.Sum == "" ||
		got.Threshold != "" {
		t.Errorf(
			"opened as %q in %q of %q, sum %q, threshold %v",
			got.Name,
			got.Dir,
			got.Checkpoint,
			got.Sum,
			got.Threshold,
		)
	}
	if !imagenet.Are(got.Classes) || got.Model.Classes() != 1000 {
		t.Errorf("%d classes from %q on", len(got.Classes), got.Classes[0])
	}
	r := got.Recipe
	if b := r.Model.Branches; b.Kinds != "p" || b.Head != model.LinearReLUHead ||
		len(b.Deltas) != 0 {
		t.Errorf("branches %+v", b)
	}
	if in := r.Data.Input; in.Size != 96 || in.TestResize != 96 || in.Resize != "warp" ||
		r.Data.Mean[0] != 0.485 {
		t.Errorf("input %+v, mean %v", in, r.Data.Mean)
	}
}

func TestClassesOfAClassifierHaveTheNamesThatAreKnown(t *testing.T) {
	c, sd := squeezeNet(t, 3)
	for want, metadata := range map[string]map[string]string{
		"0 1 2":       nil,
		"ant bee cat": {"acol_classes": `["ant","bee","cat"]`},
		"0  1  2":     {"acol_classes": `["ant"]`}, // another number of names is of something else
	} {
		sd.Metadata = metadata
		got, err := run.OpenClassifier(c, "f.pth", sd, recipe.Options{})
		check(t, err)
		if !slices.Equal(got.Classes, strings.Fields(want)) {
			t.Errorf("metadata %v: classes %q", metadata, got.Classes)
		}
	}
}

func TestAFileThatIsNoClassifierIsRefused(t *testing.T) {
	c, sd := squeezeNet(t, 3)
	backbone := weights.NewStateDict()
	for _, name := range sd.Names() {
		if tensor, _ := sd.Get(name); !strings.HasPrefix(name, "branches.") {
			backbone.Set(name, tensor)
		}
	}
	if _, err := run.OpenClassifier(c, "f.pth", backbone, recipe.Options{}); !errors.Is(
		err,
		run.ErrNoClassifier,
	) {
		t.Errorf("a backbone alone: %v", err)
	}
	other, err := model.FindClassifier("resnet18")
	check(t, err)
	if _, err := run.OpenClassifier(other, "f.pth", sd, recipe.Options{}); err == nil ||
		!strings.Contains(err.Error(), "loading f.pth as resnet18: tensors do not fit") {
		t.Errorf("of another network: %v", err)
	}
	var bad *recipe.Error
	wrong := recipe.Options{Set: []string{"localize.threshold=3"}}
	if _, err := run.OpenClassifier(c, "f.pth", sd, wrong); !errors.As(err, &bad) {
		t.Errorf("a value out of range: %v", err)
	}
}
