package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/data"
	"acol/internal/imagenet"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/regular"
	"acol/internal/run"
	"acol/internal/weights"
)

type weightsImportOptions struct {
	streams *streams
	File    string
	Config  string
	Classes string
	Set     []string
	Force   bool
	JSON    bool
}

func newWeightsImportCmd(
	s *streams, runF func(context.Context, *weightsImportOptions) error,
) *cobra.Command {
	o := &weightsImportOptions{streams: s}
	c := &cobra.Command{
		Use:   "import FILE --config RECIPE",
		Short: "Make a run of another code's checkpoint",
		Long: `Make a run of a whole model that another code trained: the ACoL authors',
wsolevaluation's, junkwhinger's, timm's or torchvision's names are known by
themselves (docs/weights.md). The recipe says what the network is; every tensor
of it must be in the file, in its shape, and no other. acol eval and acol
localize then work on the run.

A folder that holds a run is not written into without --force, which moves that run
to a folder beside, DIR.1, that acol never removes.

Class names come from --classes, else from the file, else from the recipe's data,
else they are ImageNet's where there are 1,000, else numbers.

Exit codes: 0 done; 1 the file does not fit; 2 wrong flags or recipe.`,
		Example: `  acol weights import cub_epoch_60.pth.tar --config configs/cub-vgg16-pp.yaml \
    --out runs/authors --classes names.txt
  acol weights import resnet50-0676ba61.pth --config recipe.yaml \
    --set model.branches.kinds=p --set 'model.branches.deltas='`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.File = args[0]
			if o.Config == "" {
				return hinted{
					usagef("--config is missing"),
					"name the recipe of the network that the file holds",
				}
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.Config, "config", "c", "", "recipe `FILE`, or the name of one in the program")
	addKeyFlag(c, &o.Set, "out", "o", "train.out", "DIR", "default runs/ and the recipe's name")
	f.StringVar(&o.Classes, "classes", "",
		"`FILE` with a class name a line, in the order of the labels")
	addSetFlag(c, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	f.BoolVar(&o.Force, "force", false,
		"write into the folder of an earlier run, which is kept as DIR.1 beside it")
	f.BoolVar(&o.JSON, "json", false, "print what was mapped as one JSON object")
	return c
}

// imported is what import prints.
type imported struct {
	Run     string             `json:"run"`
	Names   string             `json:"names"`
	Prefix  string             `json:"prefix"`
	Tensors int                `json:"tensors"`
	Classes int                `json:"classes"`
	Renamed []weights.Renaming `json:"renamed"`
}

func runWeightsImport(_ context.Context, o *weightsImportOptions) error {
	rec, err := recipe.Load(recipe.Options{File: o.Config, Set: o.Set, Env: o.streams.Env})
	if err != nil {
		return err
	}
	dir := run.Folder(rec.Train.Out)
	if !o.Force {
		if err := dir.Free(); err != nil {
			return hintFolder(err)
		}
	}
	sd, names, err := openCanonical(o.streams, o.File)
	if err != nil {
		return err
	}
	classes, err := importedClasses(o, rec, sd)
	if err != nil {
		return err
	}
	m, err := model.New(rec.Model, len(classes))
	if err != nil {
		return err
	}
	if err := m.LoadAll(sd); err != nil {
		return fmt.Errorf("importing %s (%s): %w", o.File, names, err)
	}
	more := map[string]string{
		"imported_from": filepath.Base(o.File), "imported_names": names.Scheme,
	}
	if tau, ok := sd.Metadata[run.ThresholdKey]; ok {
		more[run.ThresholdKey] = tau
	}
	w := dir.Writer("weights import", classes)
	w.Replace, w.Note = o.Force, o.streams.note
	defer w.Close()
	if err := w.Clear(); err != nil {
		return hintFolder(err)
	}
	if err := dir.Save(rec, m, classes, more); err != nil {
		return err
	}
	if o.JSON {
		renamed := append([]weights.Renaming{}, names.Renamed...)
		return newJSONLines(o.streams.Out).Encode(imported{
			Run: string(dir), Names: names.Scheme, Prefix: names.Prefix,
			Tensors: len(m.Params()), Classes: len(classes), Renamed: renamed,
		})
	}
	for _, r := range names.Renamed {
		from, to := oneLine(names.Prefix+r.From), oneLine(r.To)
		if err := printLast(o.streams.Out, "%s -> %s\n", from, to); err != nil {
			return err
		}
	}
	o.streams.say("%s: %s; %d tensors and %d classes are the run %s",
		o.File, names, len(m.Params()), len(classes), dir)
	o.streams.hint("acol localize --run %s IMAGE", shellWord(string(dir)))
	return nil
}

// importedClasses returns as many names of classes as the classifier of the first branch has
// outputs.
func importedClasses(
	o *weightsImportOptions, rec *recipe.Recipe, sd *weights.StateDict,
) ([]string, error) {
	n, err := run.Outputs(sd)
	if err != nil {
		return nil, hinted{
			fmt.Errorf("importing %s: %w", o.File, err),
			"to start a training from its backbone, name it in model.backbone.weights",
		}
	}
	if o.Classes != "" {
		classes, err := readLines(o.Classes)
		if err == nil && len(classes) != n {
			err = usagef("%s has %d names, the model %d classes", o.Classes, len(classes), n)
		}
		return classes, err
	}
	if classes := run.Classes(sd.Metadata); len(classes) == n {
		return classes, nil
	}
	if split, err := data.Open(rec.Data, "train"); err == nil && len(split.Classes) == n {
		return split.Classes, nil
	}
	if names := imagenet.Names(); len(names) == n {
		o.streams.say("the %d classes have the names of ImageNet's (--classes names a file)", n)
		return names, nil
	}
	o.streams.say("warning: no names for the %d classes: they are called by their numbers "+
		"(--classes names a file)", n)
	return run.Numbered(n), nil
}

// readLines returns the lines of a small text file.
func readLines(path string) ([]string, error) {
	const most = 64 << 20
	if st, err := os.Stat(path); err == nil && st.Size() > most {
		return nil, fmt.Errorf("reading %s: %d bytes are too many for a list of names",
			path, st.Size())
	}
	text, err := regular.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("%s does not exist", path)
	}
	if err != nil {
		return nil, err
	}
	unix := strings.ReplaceAll(strings.TrimRight(string(text), "\r\n"), "\r\n", "\n")
	return strings.Split(unix, "\n"), nil
}
