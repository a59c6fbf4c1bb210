package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"acol/internal/cam"
	"acol/internal/engine"
	"acol/internal/eval"
	"acol/internal/npy"
	"acol/internal/recipe"
)

type evalOptions struct {
	streams       *streams
	Run           string
	Checkpoint    string
	Split         string
	Set           []string
	JSON          bool
	SaveScoreMaps string
}

func newEvalCmd(s *streams, runF func(context.Context, *evalOptions) error) *cobra.Command {
	o := &evalOptions{streams: s}
	c := &cobra.Command{
		Use:   "eval",
		Short: "Measure a trained model on a split",
		Long: `Measure a trained model on a split of its data: top-1 and top-5 classification;
GT-known, top-1 and top-5 localization at the threshold eval.threshold; and
MaxBoxAcc and MaxBoxAccV2 as wsolevaluation defines them, for the fused map and
each branch's, at the thresholds that are best on the split itself (an oracle,
the reference's figure) and, beside it, at those that are best on val.

Without --run it takes the newest finished run below runs/.

Exit codes: 0 done; 1 failed; 2 wrong flags or recipe; 130 interrupted.`,
		Example: `  acol eval --run runs/cub16-squeezenet-pp --split test
  acol eval --run runs/cub16-squeezenet-pp --checkpoint best --json > figures.json
  acol eval --run runs/x --set data.root=/data/CUB_200_2011 --save-scoremaps maps`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch o.Split {
			case "train", "val", "test":
				return runF(c.Context(), o)
			}
			return usagef("--split %q is not one of train, val, test", o.Split)
		},
	}
	f := c.Flags()
	f.StringVar(&o.Run, "run", "", "the run's `DIR` (default: the newest finished one below runs)")
	f.StringVar(&o.Checkpoint, "checkpoint", "last", "`WHICH` model: last, best or a file")
	f.StringVar(&o.Split, "split", "test", "`SPLIT` to measure: train, val or test")
	f.StringArrayVar(&o.Set, "set", nil, "override a key of the run's recipe, `KEY=VALUE`; may be repeated")
	addComputeFlags(f, &o.Set)
	f.BoolVar(&o.JSON, "json", false, "print the figures as one JSON object")
	f.StringVar(&o.SaveScoreMaps, "save-scoremaps", "", "write each image's fused score map to `DIR`/<image id>.npy, float64, as wsolevaluation does")
	return c
}

func runEval(ctx context.Context, o *evalOptions) error {
	t, err := openRunFlag(o.streams, o.Run, o.Checkpoint, o.Set)
	if err != nil {
		return err
	}
	if err := recipe.CheckPaths(t.Recipe, recipe.DataPaths); err != nil {
		return err
	}
	eng, err := newEngine(t.Recipe.Train)
	if err != nil {
		return err
	}
	defer eng.Close()
	ev, err := newEvaluator(t.Recipe, t.Model, eng, o.Split)
	if err != nil {
		return err
	}
	warnClasses(o.streams, ev.Classes(), t.Classes)
	if o.Split != "val" {
		if err := chooseThresholds(ctx, o, t, eng, ev); err != nil {
			return err
		}
	}
	if o.SaveScoreMaps != "" {
		ev.Save = func(id string, m cam.Map) error { return saveScoreMap(o.SaveScoreMaps, id, m) }
	}
	rep, err := measure(ctx, o, ev, o.Split)
	if err != nil {
		return err
	}
	if o.JSON {
		enc := json.NewEncoder(o.streams.Out)
		enc.SetIndent("", "  ")
		return enc.Encode(evalResult{Run: t.Dir, Checkpoint: t.Checkpoint, Epoch: t.Epoch, Report: rep})
	}
	return printReport(o.streams.Out, t, rep)
}

// warnClasses says where the data name a label otherwise than the model: it may
// be another order.
func warnClasses(s *streams, data, model []string) {
	for i, name := range model {
		if data[i] != name {
			s.say("warning: class %d is %q in the data and %q in the model: make sure that the labels are in one order", i, data[i], name)
			return
		}
	}
}

// evalResult is the JSON that eval prints.
type evalResult struct {
	Run        string `json:"run"`
	Checkpoint string `json:"checkpoint"`
	Epoch      int    `json:"epoch"`
	*eval.Report
}

// openRunFlag opens the run that a flag names, or the newest.
func openRunFlag(s *streams, dir, checkpoint string, set []string) (*trained, error) {
	if dir == "" {
		var err error
		if dir, err = newestRun("runs"); err != nil {
			return nil, err
		}
		s.say("using %s, the newest finished run", dir)
	}
	return openRun(dir, checkpoint, set, s.Env)
}

// chooseThresholds measures val first, where the recipe has one with boxes, for
// the thresholds that test may honestly use.
func chooseThresholds(ctx context.Context, o *evalOptions, t *trained, eng *engine.Engine, ev *eval.Evaluator) error {
	if !hasVal(t.Recipe) {
		return nil
	}
	val, err := newEvaluator(t.Recipe, t.Model, eng, "val")
	if err != nil {
		return hinted{err, "--set data.val= measures without the thresholds from val"}
	}
	val.MapsOnly = true
	rep, err := measure(ctx, o, val, "val")
	if err != nil {
		return err
	}
	ev.At = rep.Taus()
	return nil
}

// measure runs an evaluator with its progress on the terminal.
func measure(ctx context.Context, o *evalOptions, ev *eval.Evaluator, split string) (*eval.Report, error) {
	p := newProgress(o.streams, "measuring "+split, "img")
	ev.Progress = p.update
	ev.Broken = func(err error) { p.say("skipped: %v", err) }
	defer p.done()
	rep, err := ev.Run(ctx)
	return rep, hintBroken(err)
}

// saveScoreMap writes a map where wsolevaluation's loader looks for it.
func saveScoreMap(dir, id string, m cam.Map) error {
	rel := filepath.FromSlash(id) + ".npy"
	if !filepath.IsLocal(rel) {
		return fmt.Errorf("saving the score map of %q: the id leaves the folder", id)
	}
	path := filepath.Join(dir, rel)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("saving score maps: %w", err)
	}
	return npy.WriteFile(path, []int{m.H, m.W}, m.V)
}
