package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/atomicfile"
	"acol/internal/choice"
	"acol/internal/data"
	"acol/internal/eval"
	"acol/internal/kernel"
	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
)

type sweepOptions struct {
	streams    *streams
	Run        string
	Checkpoint string
	Split      string
	Set        []string
	Deltas     []float64
	Compare    []string
	Fusion     []string
	By         string
	JSON       bool
	CSV        string
	Curve      string
}

func newSweepCmd(s *streams, runF func(context.Context, *sweepOptions) error) *cobra.Command {
	o := &sweepOptions{streams: s}
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Try deltas, comparisons and fusions on a trained model",
		Long: `Measure a trained model at every combination of erasing thresholds (deltas),
comparisons and fusions, which need no training to try. Every image of the split
goes through the backbone once, and the branches run again for each point. The
command prints a table of the points and, for the best of them, the figures at
each threshold.

The split is val unless --split names another one. What is chosen on val may be
reported on test; what is chosen on test is an oracle.

Where the model erases several times, every combination of the deltas is tried.
Maps of another --method than cam depend on no erasing: of them thresholds alone are
tried.

Exit codes: 0 done; 1 failed; 2 wrong flags or recipe; 130 interrupted.`,
		Example: `  acol sweep --run runs/cub16-squeezenet-pp
  acol sweep --run runs/cub16-squeezenet-pp --deltas 0.5,0.55,0.6 --compare gt,ge
  acol sweep --run runs/x --by pxap --csv sweep.csv --curve curves.csv --json > sweep.json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	addRunFlags(c, &o.Run, &o.Checkpoint, &o.Set)
	addKeyFlag(c, &o.Set, "method", "", "eval.method", "METHOD", "")
	addKeyFlag(c, &o.Set, "layer", "", "eval.layer", "NAME", "")
	f.StringVar(&o.Split, "split", "val", "`SPLIT` to measure: train, val or test")
	addNumbersFlag(f, &o.Deltas, "deltas", []float64{0.5, 0.6, 0.7, 0.8, 0.9},
		"erasing thresholds to try, `D,...`")
	f.StringSliceVar(&o.Compare, "compare", nil, "comparisons to try, `gt,ge` (default: the run's)")
	f.StringSliceVar(&o.Fusion, "fusion", nil, "fusions to try, `positive,all` (default: the run's)")
	by := eval.Deciding()
	f.StringVar(&o.By, "by", by[0], "`FIGURE` that decides: "+strings.Join(by, ", "))
	f.BoolVar(&o.JSON, "json", false, "print the figures and curves as one JSON object")
	f.StringVar(&o.CSV, "csv", "", "write the table to `FILE` as CSV, with a row for each point")
	f.StringVar(&o.Curve, "curve", "",
		"write the curves to `FILE` as CSV, with a row for each point and threshold")
	return c
}

// check refuses values out of range and words that are no choice.
func (o *sweepOptions) check() error {
	if err := checkSplit(o.Split); err != nil {
		return err
	}
	for _, d := range o.Deltas {
		if !(d >= 0 && d <= 1) {
			return usagef("--deltas %g is not in 0 to 1, the range of a normalised map", d)
		}
	}
	for _, list := range []struct {
		flag   string
		values []string
		want   []string
	}{
		{"compare", o.Compare, kernel.Compare("").Choices()},
		{"fusion", o.Fusion, model.Fusion("").Choices()},
		{"by", []string{o.By}, eval.Deciding()},
	} {
		for _, v := range list.values {
			if err := choice.In(v, list.want); err != nil {
				return usagef("--%s %w", list.flag, err)
			}
		}
	}
	return nil
}

func runSweep(ctx context.Context, o *sweepOptions) error {
	t, err := openRunFlag(o.streams, o.Run, o.Checkpoint, o.Set)
	if err != nil {
		return err
	}
	if err := recipe.CheckPaths(t.Recipe, recipe.DataPaths); err != nil {
		return err
	}
	points, err := o.grid(t)
	if err != nil {
		return err
	}
	t.Recipe.Eval.Class = eval.TrueClass // deltas are chosen by GT-known maps
	eng, err := newEngine(o.streams, t.Recipe.Train)
	if err != nil {
		return err
	}
	defer eng.Close()
	if o.Split == "val" && !t.Recipe.Data.Has("val") {
		return o.noVal(t.Recipe.Data)
	}
	ev, err := newEvaluator(nil, t, eng, o.Split, eval.Inputs{})
	if err != nil {
		return hintLayer(hintSplit(err, t.Recipe.Data, o.Split))
	}
	if err := o.decidable(ev); err != nil {
		return err
	}
	if o.Split == "test" {
		o.streams.say("warning: what is chosen on test is an oracle: report it as such")
	}
	p := newProgress(o.streams, fmt.Sprintf("measuring %s at %d points", o.Split, len(points)), "img")
	defer p.done()
	ev.Progress = p.update
	ev.Broken = func(err error) { p.say("skipped: %v", err) }
	reports, err := ev.Sweep(ctx, eng, points)
	if err != nil {
		return hintBroken(err)
	}
	p.done()
	rep := &eval.SweepReport{
		Origin: &eval.Origin{
			Run: t.Dir, Checkpoint: t.Checkpoint, Epoch: t.Epoch, Weights: t.Sum,
		},
		Split: o.Split, Source: ev.Maps(), Points: reports,
	}
	if err := rep.Decide(o.By); err != nil {
		return err
	}
	if err := o.save(rep); err != nil {
		return err
	}
	if o.JSON {
		return printJSON(o.streams.Out, rep)
	}
	return printSweep(o.streams, rep)
}

// noVal says that there is no val split, and what the splits that there are would be.
func (o *sweepOptions) noVal(cfg data.Config) error {
	var ways []string
	if cfg.Has("train") {
		ways = append(ways, "--split train chooses on the training images")
	}
	if cfg.Has("test") {
		ways = append(ways, "--split test would be an oracle")
	}
	return hinted{errors.New("the recipe has no val split to choose on"), strings.Join(ways, "; ")}
}

// decidable is an error where the split lacks the truth for the figure that decides.
func (o *sweepOptions) decidable(ev *eval.Evaluator) error {
	f := eval.FigureIn(o.By)
	switch {
	case f == nil || ev.Has(f.Need):
		return nil
	case f.Need == eval.Masks:
		return hinted{fmt.Errorf("--by %s needs masks, and split %s has none", o.By, o.Split),
			"choose by another figure with --by"}
	case ev.Has(eval.Masks):
		return hinted{fmt.Errorf("--by %s needs boxes, and split %s has none", o.By, o.Split),
			"--by pxap chooses by the masks that it has"}
	}
	return needsBoxes(ev, "--by "+o.By, o.Split)
}

// grid lists the points. What no flag says is as in the run's recipe.
func (o *sweepOptions) grid(t *run.Trained) ([]eval.Point, error) {
	b := t.Recipe.Model.Branches
	compare, fusion := words[kernel.Compare](o.Compare), words[model.Fusion](o.Fusion)
	if len(compare) == 0 {
		compare = []kernel.Compare{b.Compare}
	}
	if len(fusion) == 0 {
		fusion = []model.Fusion{b.Fusion}
	}
	if slices.Contains(fusion, model.FusePositive) && !strings.Contains(b.Kinds, "p") {
		return nil, usagef("--fusion positive needs a p branch, and branches %q have none", b.Kinds)
	}
	deltas := o.Deltas
	branches := len(b.Kinds)
	switch source := t.Recipe.Eval.Maps(); {
	case !source.IsCAM():
		o.streams.say("maps of %s depend on no erasing: only thresholds are swept", source.Method)
		branches = 1
	case branches == 1:
		o.streams.say("branches %q erase nothing: only thresholds are swept", b.Kinds)
	}
	if branches == 1 {
		deltas, compare, fusion = nil, compare[:1], fusion[:1]
	}
	points, err := eval.Grid(branches-1, deltas, compare, fusion)
	if err != nil {
		return nil, usagef("--deltas: %v", err)
	}
	return points, nil
}

// words returns the words of a flag, which check has checked, with the type of their key.
func words[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, w := range list {
		out[i] = T(w)
	}
	return out
}

// save writes the files of --csv and --curve.
func (o *sweepOptions) save(r *eval.SweepReport) error {
	for _, f := range []struct {
		path  string
		write func(io.Writer) error
	}{{o.CSV, r.CSV}, {o.Curve, r.CurvesCSV}} {
		if f.path == "" {
			continue
		}
		if err := atomicfile.Write(f.path, f.write); err != nil {
			return fmt.Errorf("writing %s: %w", filepath.Base(f.path), err)
		}
	}
	return nil
}

// printSweep writes the points, and the best one by threshold.
func printSweep(s *streams, r *eval.SweepReport) error {
	w := s.Out
	printf(w, "%s, %s, epoch %d%s: %s split, %d points, best by %s\n\n", r.Origin.Run,
		r.Origin.Checkpoint, r.Origin.Epoch, sourceWords(r.Source), r.Split, len(r.Points), r.By)
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	for _, name := range r.Head() {
		printf(tw, "%s\t", name)
	}
	printf(tw, "\t\n")
	for i, p := range r.Points {
		printf(tw, "%s\t%s\t%s\t", p.DeltasText(" "), p.Compare, p.Fusion)
		for _, f := range r.Columns() {
			printf(tw, "%.2f\t", p.Values[f.Key])
		}
		mark := ""
		if i == r.Best {
			mark = "<- best"
		}
		printf(tw, "%s\t\n", mark)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	best := r.Points[r.Best]
	printf(w, "\nthe best point by threshold\n")
	if err := printCurve(w, best.Curve); err != nil {
		return err
	}
	printf(w, "\nfigures in percent at the thresholds that are best on %s; "+
		"gt_known and top1 are localization by the CAM rule\n", r.Split)
	if len(best.Deltas) > 0 {
		s.hint("acol eval --run %s --set model.branches.deltas=%s --set model.branches.compare=%s "+
			"--set model.branches.fusion=%s", shellWord(r.Origin.Run), best.DeltasText(","),
			best.Compare, best.Fusion)
	}
	return nil
}

// printCurve writes every fiftieth threshold, without the parts of means.
func printCurve(w io.Writer, curve *eval.Curve) error {
	const every = 50
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	columns := slices.Clone(curve.Columns)
	columns = slices.DeleteFunc(columns, func(c eval.CurveColumn) bool { return c.Part })
	printf(tw, "threshold\t")
	for _, c := range columns {
		printf(tw, "%s\t", c.Heading)
	}
	printf(tw, "\n")
	for i := 0; i < len(curve.Thresholds); i += every {
		printf(tw, "%.2f\t", curve.Thresholds[i])
		for _, c := range columns {
			if c.Values == nil {
				printf(tw, "-\t")
			} else {
				printf(tw, "%.2f\t", c.Values[i])
			}
		}
		printf(tw, "\n")
	}
	return tw.Flush()
}
