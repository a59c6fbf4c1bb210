package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/hub"
	"acol/internal/imagenet"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
)

// classifierFlags name a whole classifier of ImageNet, which a command takes instead of a run.
type classifierFlags struct {
	Model   string
	Weights string
}

// addClassifierFlags adds --model and --weights, beside the flags of addRunFlags.
func addClassifierFlags(c *cobra.Command, o *classifierFlags) {
	f := c.Flags()
	f.StringVar(&o.Model, "model", "", "instead of a run, the published ImageNet classifier "+
		"`NAME`, such as resnet50; acol weights list has the names")
	f.StringVar(&o.Weights, "weights", "",
		"the classifier's weights in a local `FILE`, whose name can stand for --model")
	_ = c.RegisterFlagCompletionFunc("model", completeClassifiers)
	_ = c.MarkFlagFilename("weights", "pth", "safetensors")
}

// completeClassifiers lists the names that --model takes.
func completeClassifiers(
	_ *cobra.Command, _ []string, text string,
) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, c := range model.Classifiers() {
		if strings.HasPrefix(c.Name, text) {
			names = append(names, c.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeClass offers words and the classes of the model that the flags so far name.
func completeClass(words []string) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		names := runOf(c).Classes()
		for _, flag := range []string{"model", "weights"} {
			if f := c.Flags().Lookup(flag); f != nil && f.Changed {
				names = imagenet.Names()
			}
		}
		return beginning(slices.Concat(words, names), text), cobra.ShellCompDirectiveNoFileComp
	}
}

// given reports whether the flags name a classifier.
func (o *classifierFlags) given() bool { return o.Model != "" || o.Weights != "" }

// check refuses the flags of a run beside those of a classifier. set reports whether a flag was
// given.
func (o *classifierFlags) check(set func(string) bool) error {
	if !o.given() {
		return nil
	}
	flag := "model"
	if o.Model == "" {
		flag = "weights"
	}
	for _, other := range []string{"run", "checkpoint"} {
		if set(other) {
			return usagef("--%s is of a run, and --%s stands instead of one", other, flag)
		}
	}
	return nil
}

// open opens the classifier; set overrides keys. Its published weights are fetched once all else is
// known to be right.
func (o *classifierFlags) open(
	ctx context.Context, s *streams, at modelPlace, set []string,
) (*run.Trained, error) {
	config, opt := at.Config, recipe.Options{File: at.Config, Set: set, Env: s.Env}
	var c model.Classifier
	var err error
	if o.Model != "" {
		if c, err = model.FindClassifier(o.Model); err != nil {
			return nil, hintClassifier(err)
		}
	}
	path := o.Weights
	if err := c.HasCAM(); err != nil && config == "" && !otherMethod(set) {
		return nil, hintClassifier(err) // before its weights are fetched
	}
	if path == "" {
		if path, err = fetchClassifier(ctx, s, c, at.Maps, opt); err != nil {
			return nil, err
		}
	}
	sd, _, err := openCanonical(s, path)
	if err != nil {
		return nil, err
	}
	if o.Model == "" {
		if c, err = model.ClassifierOf(path, sd); err != nil {
			return nil, hintClassifier(err)
		}
		if err := c.HasCAM(); err != nil && config == "" && !otherMethod(set) {
			return nil, hintClassifier(err)
		}
	}
	t, err := run.OpenClassifier(c, path, sd, opt)
	if errors.Is(err, run.ErrNoClassifier) {
		return nil, hinted{err, "a file of the backbone alone is for trainings: " +
			"name it in model.backbone.weights"}
	}
	if err != nil {
		return nil, err
	}
	describeClassifier(s, c, t)
	return t, nil
}

// otherMethod reports whether overrides ask for maps of another method than cam.
func otherMethod(set []string) bool {
	return slices.ContainsFunc(set, func(s string) bool {
		key, value, _ := strings.Cut(s, "=")
		method := key == "localize.method" || key == "eval.method"
		return method && value != string(model.CAM)
	})
}

// fetchClassifier returns the path of a classifier's published file, which it fetches where it is
// not in the cache. Before, it makes sure that the classifier can be used as opt says.
func fetchClassifier(
	ctx context.Context, s *streams, c model.Classifier, at mapSection, opt recipe.Options,
) (string, error) {
	if c.Published == nil {
		return "", hinted{
			usagef("torchvision publishes no weights of %s", c.Name),
			"name a file of them with --weights",
		}
	}
	cache, err := hub.Open(s.Env)
	if err != nil {
		return "", err
	}
	rec, err := run.ClassifierRecipe(c, opt)
	if err != nil {
		return "", err
	}
	m, err := networkOf(rec.Model)
	if err != nil {
		return "", err
	}
	if err := checkLayers(rec, m, at); err != nil {
		return "", err
	}
	got, err := fetchToCompute(ctx, s, cache, c.Published.File, rec.Train)
	var failed *hub.FetchError
	if errors.As(err, &failed) {
		return "", hinted{err, failed.Hint() + "; --weights names a file that is anywhere else"}
	}
	return got.Path, err
}

// describeClassifier says what a classifier is.
func describeClassifier(s *streams, c model.Classifier, t *run.Trained) {
	switch {
	case imagenet.Are(t.Classes):
		s.say("%s knows the 1000 classes of ImageNet; it was trained without boxes", c.Name)
	case slices.Equal(t.Classes, run.Numbered(len(t.Classes))):
		s.say("warning: no names for the %d classes of %s: they are called by their numbers",
			len(t.Classes), t.Checkpoint)
		s.hint("acol weights import --classes FILE makes a run with names")
	}
}

// hintClassifier adds to a classifier that is not there, or that has no maps, which others there
// are.
func hintClassifier(err error) error {
	var bad *model.ClassifierError
	switch {
	case !errors.As(err, &bad):
		return hinted{usageError{err}, "name the network with --model, such as --model resnet50"}
	case bad.WhyNot != "":
		return hinted{usageError{err}, "acol localize and acol eval make maps of it by " +
			"--method gradcam, layercam and others (docs/maps.md); resnet50 and others have their own"}
	}
	return hinted{usageError{err}, "acol weights list shows all of them"}
}

// modelPlace says where a run is, or which data a classifier sees.
type modelPlace struct {
	Run, Checkpoint string
	Config          string // of a classifier's data, "" for none
	// Maps is where a recipe says which maps the command makes.
	Maps mapSection
}

// openModel opens the classifier that flags name, else a run as openRunFlag does.
func openModel(
	ctx context.Context, s *streams, o *classifierFlags, at modelPlace, set []string,
) (*run.Trained, error) {
	if o.given() {
		return o.open(ctx, s, at, set)
	}
	t, err := openRunFlag(s, at.Run, at.Checkpoint, set)
	var hint interface{ Hint() string }
	if errors.Is(err, run.ErrNoRun) && errors.As(err, &hint) {
		err = hinted{err, hint.Hint() + "; a published classifier needs none: --model resnet50"}
	}
	return t, err
}

// checkClassifier refuses an evaluation of a classifier that names no data, and a recipe beside
// that of a run. set reports whether a flag was given.
func (o *evalOptions) checkClassifier(set func(string) bool) error {
	if err := o.Classifier.check(set); err != nil {
		return err
	}
	root := func(s string) bool { return strings.HasPrefix(s, "data.root=") }
	switch {
	case !o.Classifier.given() && o.Config != "":
		return hinted{usagef("--config goes with --model or --weights: a run has a recipe"),
			"--set data.root=DIR and the like measure a run on other data"}
	case o.Classifier.given() && o.Config == "" && !slices.ContainsFunc(o.Set, root):
		return hinted{usagef("a classifier has no data: --config is missing"),
			"name a recipe with a data section, or --set data.format=folder and data.root=DIR"}
	}
	return nil
}
