package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"acol/internal/atomicfile"
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

// sweepBy are the figures that a sweep can be decided by.
var sweepBy = []string{"max_box_acc_v2", "max_box_acc", "pxap", "gt_known", "top1"}

func newSweepCmd(s *streams, runF func(context.Context, *sweepOptions) error) *cobra.Command {
	o := &sweepOptions{streams: s}
	c := &cobra.Command{
		Use:   "sweep",
		Short: "Try deltas, comparisons and fusions on a trained model",
		Long: `Measure a trained model at a grid of erasing thresholds (deltas), comparisons and
fusions, without training anything: every image of the split goes through the
backbone once, and the branches run again for each point. It prints a table and
the curve over thresholds of the best point.

The split is val: what is chosen here may be reported on test. --split test has
to be said, and is an oracle.

With several erasures every combination of the deltas is tried.

Exit codes: 0 done; 1 failed; 2 wrong flags or recipe; 130 interrupted.`,
		Example: `  acol sweep --run runs/cub16-squeezenet-pp
  acol sweep --run runs/cub16-squeezenet-pp --deltas 0.5,0.55,0.6,0.65 --compare gt,ge --fusion positive,all
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
	f.StringVar(&o.Run, "run", "", "the run's `DIR` (default: the newest finished one below runs)")
	f.StringVar(&o.Checkpoint, "checkpoint", "last", "`WHICH` model: last, best or a file")
	f.StringVar(&o.Split, "split", "val", "`SPLIT` to measure: train, val or test")
	addSetFlag(c, &o.Set, "override a key of the run's recipe, `KEY=VALUE`; may be repeated")
	addComputeFlags(c, &o.Set)
	addNumbersFlag(f, &o.Deltas, "deltas", []float64{0.5, 0.6, 0.7, 0.8, 0.9}, "erasing thresholds to try, `D,...`")
	f.StringSliceVar(&o.Compare, "compare", nil, "comparisons to try, `gt,ge` (default: the run's)")
	f.StringSliceVar(&o.Fusion, "fusion", nil, "fusions to try, `positive,all` (default: the run's)")
	f.StringVar(&o.By, "by", sweepBy[0], "`FIGURE` that decides: "+strings.Join(sweepBy, ", "))
	f.BoolVar(&o.JSON, "json", false, "print the figures and curves as one JSON object")
	f.StringVar(&o.CSV, "csv", "", "write the table to `FILE`, a row a point")
	f.StringVar(&o.Curve, "curve", "", "write the curves to `FILE`, CSV, a row for each point and threshold")
	return c
}

func (o *sweepOptions) check() error {
	switch o.Split {
	case "train", "val", "test":
	default:
		return usagef("--split %q is not one of train, val, test", o.Split)
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
		{"by", []string{o.By}, sweepBy},
	} {
		for _, v := range list.values {
			if !slices.Contains(list.want, v) {
				return usagef("--%s %q is not one of %s", list.flag, v, strings.Join(list.want, ", "))
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
	eng, err := newEngine(t.Recipe.Train)
	if err != nil {
		return err
	}
	defer eng.Close()
	if o.Split == "val" && !t.Recipe.Data.Has("val") {
		return hinted{fmt.Errorf("the recipe has no val split to choose on"), "--split train chooses on the training images; --split test would be an oracle"}
	}
	ev, err := newEvaluator(t.Recipe, t.Model, eng, o.Split, eval.Inputs{})
	if err != nil {
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
	best := bestPoint(reports, o.By)
	if best < 0 {
		return fmt.Errorf("split %s has no truth for %s: choose by another figure with --by", o.Split, o.By)
	}
	if err := o.save(reports); err != nil {
		return err
	}
	if o.JSON {
		return printJSON(o.streams.Out, newSweepResult(t, o, reports, best))
	}
	return printSweep(o, t, reports, best)
}

// grid lists the points; what no flag says is as in the recipe.
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
	if len(b.Kinds) == 1 {
		o.streams.say("branches %q erase nothing: only thresholds are swept", b.Kinds)
		deltas, compare, fusion = nil, compare[:1], fusion[:1]
	}
	points, err := eval.Grid(len(b.Kinds)-1, deltas, compare, fusion)
	if err != nil {
		return nil, usagef("--deltas: %v", err)
	}
	return points, nil
}

// words gives the words of a flag, which check has checked, the type of their key.
func words[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, w := range list {
		out[i] = T(w)
	}
	return out
}

// figure is one of sweepBy; NaN where the split has no truth for it.
func figure(r *eval.PointReport, name string) float64 {
	value := func(v *float64) float64 {
		if v == nil {
			return math.NaN()
		}
		return *v
	}
	switch name {
	case "max_box_acc":
		return value(r.MaxBoxAcc)
	case "pxap":
		return value(r.PxAP)
	case "gt_known", "top1":
		if r.Localization == nil {
			return math.NaN()
		}
		if name == "top1" {
			return r.Localization.Oracle.Top1
		}
		return r.Localization.Oracle.GTKnown
	}
	return value(r.MaxBoxAccV2)
}

// bestPoint is the first of the best; -1 where none has the figure.
func bestPoint(reports []eval.PointReport, by string) int {
	best := -1
	for i := range reports {
		if v := figure(&reports[i], by); v == v && (best < 0 || v > figure(&reports[best], by)) {
			best = i
		}
	}
	return best
}

// sweepResult is the JSON that sweep prints.
type sweepResult struct {
	Run        string       `json:"run"`
	Checkpoint string       `json:"checkpoint"`
	Epoch      int          `json:"epoch"`
	Split      string       `json:"split"`
	By         string       `json:"by"`
	Best       eval.Point   `json:"best"`
	Points     []sweepPoint `json:"points"`
}

type sweepPoint struct {
	eval.PointReport
	Curve []eval.CurvePoint `json:"curve"`
}

func newSweepResult(t *run.Trained, o *sweepOptions, reports []eval.PointReport, best int) sweepResult {
	r := sweepResult{Run: t.Dir, Checkpoint: t.Checkpoint, Epoch: t.Epoch, Split: o.Split, By: o.By, Best: reports[best].Point}
	for _, p := range reports {
		r.Points = append(r.Points, sweepPoint{p, p.Curve})
	}
	return r
}

func deltasText(d []float64, separator string) string {
	parts := make([]string, len(d))
	for i, v := range d {
		parts[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(parts, separator)
}

// sweepColumns are the figures of a table's row.
func sweepColumns(r *eval.PointReport) (names []string, values []float64) {
	add := func(name string, v float64) {
		if v == v {
			names, values = append(names, name), append(values, v)
		}
	}
	for _, name := range []string{"max_box_acc", "max_box_acc_v2"} {
		add(name, figure(r, name))
	}
	for _, d := range []string{"30", "50", "70"} {
		if v, ok := r.MaxBoxAccV2IoU[d]; ok {
			add("iou_"+d, v)
		}
	}
	for _, name := range []string{"gt_known", "top1", "pxap"} {
		add(name, figure(r, name))
	}
	if r.MaxBoxAcc != nil {
		add("coverage", r.Coverage)
		add("precision", r.Precision)
	}
	return names, values
}

func printSweep(o *sweepOptions, t *run.Trained, reports []eval.PointReport, best int) error {
	w := o.streams.Out
	fmt.Fprintf(w, "%s, %s, epoch %d: %s split, %d points, best by %s\n\n", t.Dir, t.Checkpoint, t.Epoch, o.Split, len(reports), o.By)
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	names, _ := sweepColumns(&reports[0])
	fmt.Fprintf(tw, "deltas\tcompare\tfusion\t%s\t\t\n", strings.Join(names, "\t"))
	for i := range reports {
		r := &reports[i]
		fmt.Fprintf(tw, "%s\t%s\t%s\t", deltasText(r.Deltas, " "), r.Compare, r.Fusion)
		_, values := sweepColumns(r)
		for _, v := range values {
			fmt.Fprintf(tw, "%.2f\t", v)
		}
		mark := ""
		if i == best {
			mark = "<- best"
		}
		fmt.Fprintf(tw, "%s\t\n", mark)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nthe best point by threshold")
	if err := printCurve(w, reports[best].Curve); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nfigures in percent at the thresholds that are best on %s; gt_known and top1 are localization by the CAM rule\n", o.Split)
	b := reports[best]
	if len(b.Deltas) > 0 {
		o.streams.hint("acol eval --run %s --set model.branches.deltas=%s --set model.branches.compare=%s --set model.branches.fusion=%s",
			t.Dir, deltasText(b.Deltas, ","), b.Compare, b.Fusion)
	}
	return nil
}

// printCurve writes every fiftieth threshold.
func printCurve(w io.Writer, curve []eval.CurvePoint) error {
	const every = 50
	tw := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	cell := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprintf("%.2f", *v)
	}
	fmt.Fprintln(tw, "threshold\tMaxBoxAcc\tMaxBoxAccV2\tprecision\trecall\t")
	for i := 0; i < len(curve); i += every {
		p := curve[i]
		fmt.Fprintf(tw, "%.2f\t%s\t%s\t%s\t%s\t\n", p.Threshold, cell(p.MaxBoxAcc), cell(p.V2), cell(p.Precision), cell(p.Recall))
	}
	return tw.Flush()
}

// save writes the files of --csv and --curve.
func (o *sweepOptions) save(reports []eval.PointReport) error {
	for _, f := range []struct {
		path  string
		write func(io.Writer, []eval.PointReport) error
	}{{o.CSV, sweepCSV}, {o.Curve, sweepCurves}} {
		if f.path == "" {
			continue
		}
		if err := atomicfile.Write(f.path, func(w io.Writer) error { return f.write(w, reports) }); err != nil {
			return fmt.Errorf("writing %s: %w", filepath.Base(f.path), err)
		}
	}
	return nil
}

func sweepCSV(w io.Writer, reports []eval.PointReport) error {
	out := csv.NewWriter(w)
	names, _ := sweepColumns(&reports[0])
	_ = out.Write(append([]string{"deltas", "compare", "fusion"}, names...))
	for i := range reports {
		r := &reports[i]
		row := []string{deltasText(r.Deltas, " "), string(r.Compare), string(r.Fusion)}
		_, values := sweepColumns(r)
		for _, v := range values {
			row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}

func sweepCurves(w io.Writer, reports []eval.PointReport) error {
	out := csv.NewWriter(w)
	_ = out.Write(append([]string{"deltas", "compare", "fusion"}, curveHead...))
	for _, r := range reports {
		for _, p := range r.Curve {
			row := []string{deltasText(r.Deltas, " "), string(r.Compare), string(r.Fusion)}
			_ = out.Write(append(row, curveRow(p)...))
		}
	}
	out.Flush()
	return out.Error()
}
