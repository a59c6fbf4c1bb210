package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"acol/internal/atomicfile"
	"acol/internal/eval"
	"acol/internal/localize"
	"acol/internal/recipe"
	"acol/internal/report"
	"acol/internal/run"
	"acol/internal/scoremap"
	"acol/internal/viz"
)

type reportOptions struct {
	streams    *streams
	Runs       []string
	Checkpoint string
	Set        []string
	Split      string
	Out        string
	Images     int
	Bootstrap  int
	Seed       uint64
}

func newReportCmd(s *streams, runF func(context.Context, *reportOptions) error) *cobra.Command {
	o := &reportOptions{streams: s}
	c := &cobra.Command{
		Use:   "report [RUN...]",
		Short: "Write figures, curves and images of runs as one HTML file",
		Long: `Measure runs on a split, and write what they gave as one HTML file that needs nothing
else and no network. It has the figures with their intervals, accuracy by threshold
with the choice of val and the best one, the curves of the training, groups by class
and by size of the object, how localization ended, and the recipe.

A gallery shows the images with their maps, true and predicted boxes, worst first,
and filters them by class, outcome and prediction. An image opens to the maps of all
branches and what was erased. Several runs stand side by side, with paired tests
against the first of them and the images on which they differ.

With --method the maps are made in another way than by the heads, such as layercam,
at the layer that --layer names. Of those there is one an image.

Without RUN it is the newest finished run below runs/. The figures are those of
acol eval on the same split.`,
		Example: `  acol report
  acol report runs/birds --split val --out birds.html
  acol report runs/cam runs/acol --images 300
  acol report runs/cam --method layercam --layer features.10`,
		RunE: func(c *cobra.Command, args []string) error {
			o.Runs = args
			if o.Images < 0 {
				return usagef("--images %d is less than 0", o.Images)
			}
			if o.Bootstrap < 0 || o.Bootstrap > maxResamples {
				return usagef("--bootstrap %d is not in 0 to %d", o.Bootstrap, maxResamples)
			}
			if o.Out == "" {
				return usagef("--out is empty")
			}
			if o.Split != "" {
				if err := checkSplit(o.Split); err != nil {
					return err
				}
			}
			if err := checkKeyFlags(c); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Checkpoint, "checkpoint", "last", "`WHICH` model of each run: last or best")
	f.StringVar(&o.Split, "split", "",
		"the `SPLIT` to measure: train, val or test (default: test, or val where there is no test)")
	f.StringVarP(&o.Out, "out", "o", "report.html", "the `FILE` to write")
	f.IntVar(&o.Images, "images", 1000, "show `N` images at most, evenly over the split")
	f.IntVar(&o.Bootstrap, "bootstrap", 1000,
		"draw `N` resamples of the images for 95 % intervals and tests; 0 draws none")
	f.Uint64Var(&o.Seed, "seed", 1, "the number `N` that fixes the resamples")
	addKeyFlag(c, &o.Set, "method", "", "eval.method", "METHOD", "")
	addKeyFlag(c, &o.Set, "layer", "", "eval.layer", "NAME", "")
	addSetFlag(c, &o.Set, "override a key of the runs' recipes, `KEY=VALUE`; may be repeated")
	addComputeFlags(c, &o.Set)
	return c
}

func runReport(ctx context.Context, o *reportOptions) error {
	runs, err := o.open()
	if err != nil {
		return err
	}
	r := &report.Report{Maker: fmt.Sprintf("Made by %s on %s.",
		buildVersion().program(), time.Now().Format("2 January 2006 at 15:04"))}
	layers := 0
	for _, t := range runs {
		layers++ // the fused map, and those of branches where there are several
		kinds := len(t.Recipe.Model.Branches.Kinds)
		if kinds > 1 && t.Recipe.Eval.Maps().IsCAM() {
			layers += kinds
		}
	}
	for i, t := range runs {
		part, err := o.measure(ctx, r, i, t, layers)
		if err != nil {
			return fmt.Errorf("%s: %w", t.Dir, err)
		}
		r.Runs = append(r.Runs, part)
	}
	if r.Comparisons, err = o.compare(ctx, r.Runs); err != nil {
		return err
	}
	r.Gallery.Close()
	err = atomicfile.Write(o.Out, func(w io.Writer) error { return r.Write(w) })
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return printLast(o.streams.Out, "%s\n", o.Out)
}

// open opens the runs, which must see the same classes.
func (o *reportOptions) open() ([]*run.Trained, error) {
	names := o.Runs
	if len(names) == 0 {
		names = []string{""}
	}
	var all []*run.Trained
	for _, name := range names {
		t, err := openRunFlag(o.streams, name, o.Checkpoint, o.Set)
		if err != nil {
			return nil, err
		}
		if err := recipe.CheckPaths(t.Recipe, recipe.DataPaths); err != nil {
			return nil, err
		}
		for _, other := range all {
			if !slices.Equal(other.Classes, t.Classes) {
				return nil, fmt.Errorf("%s and %s have other classes: they cannot be set side by side",
					other.Dir, t.Dir)
			}
			if other.Dir == t.Dir && other.Checkpoint == t.Checkpoint {
				return nil, usagef("%s is named twice", t.Dir)
			}
		}
		all = append(all, t)
	}
	return all, nil
}

// name is what a run is called: by its folder, with as much of the path as tells it from others.
func (o *reportOptions) name(t *run.Trained) string {
	base := filepath.Base(t.Dir)
	for _, other := range o.Runs {
		if filepath.Clean(other) != filepath.Clean(t.Dir) && filepath.Base(other) == base {
			return filepath.ToSlash(t.Dir)
		}
	}
	return base
}

// measure evaluates run i and adds what it sees to the gallery.
func (o *reportOptions) measure(
	ctx context.Context, r *report.Report, i int, t *run.Trained, layers int,
) (part report.Run, err error) {
	eng, err := newEngine(o.streams, t.Recipe.Train)
	if err != nil {
		return part, err
	}
	defer eng.Close()
	ask := &evalOptions{
		streams: o.streams, Split: o.Split, Bootstrap: o.Bootstrap, Seed: o.Seed,
	}
	ask.chooseSplit(t.Recipe.Data)
	o.Split = ask.Split // which is that of the other runs too
	name := o.name(t)
	var threshold scoremap.Threshold
	measured, err := evaluateModel(ctx, ask, t, eng, func(ev *eval.Evaluator) error {
		threshold = ev.Threshold()
		if maps := ev.Maps(); !maps.IsCAM() {
			name += ", " + maps.String()
		}
		if r.Gallery == nil {
			r.Gallery = report.NewGallery(ev.Classes(), ev.Images(), o.Images, layers)
			palette, err := viz.Colormap(string(t.Recipe.Localize.Colormap))
			if err != nil {
				return err
			}
			r.Gallery.Palette = palette
		}
		opt := localize.Options{
			Classes: t.Classes, Data: t.Recipe.Data, Config: t.Recipe.Localize, Kept: ev.Kept,
		}
		opt.Config.Method, opt.Config.Layer = t.Recipe.Eval.Method, ev.Maps().Layer
		ev.Show = func(s eval.Sight) error {
			return r.Gallery.Add(ev, s, i, t.Recipe.Model.Branches, opt)
		}
		return nil
	})
	if err != nil {
		return part, err
	}
	keepEvaluation(o.streams, run.Folder(t.Dir), measured)
	part = report.Run{
		Name: name, Measured: measured, Kinds: t.Recipe.Model.Branches.Kinds, Threshold: threshold,
	}
	if part.Log, err = run.Folder(t.Dir).Log(); err != nil {
		return part, err
	}
	var text bytes.Buffer
	err = recipe.Write(&text, t.Recipe)
	part.Recipe = text.String()
	return part, err
}

// compare compares the first run with each of the others.
func (o *reportOptions) compare(ctx context.Context, runs []report.Run) ([]*eval.Comparison, error) {
	if o.Bootstrap == 0 {
		return nil, nil
	}
	var all []*eval.Comparison
	for _, other := range runs[1:] {
		p := newProgress(o.streams, "resampling", "resample")
		c, err := eval.Compare(ctx, runs[0].Measured.Records, other.Measured.Records, eval.Resampling{
			Resamples: o.Bootstrap, Seed: o.Seed, Progress: p.update,
		})
		p.done()
		if err != nil {
			return nil, fmt.Errorf("comparing %s with %s: %w", runs[0].Name, other.Name, err)
		}
		c.A, c.B = runs[0].Name, other.Name
		all = append(all, c)
	}
	return all, nil
}
