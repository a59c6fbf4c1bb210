package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"acol/internal/engine"
	"acol/internal/eval"
	"acol/internal/kernel/backend"
	"acol/internal/recipe"
	"acol/internal/run"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	streams       *streams
	Run           string
	Checkpoint    string
	Classifier    classifierFlags
	Config        string // the recipe of the data that a classifier is measured on
	Split         string
	Set           []string
	JSON          bool
	SaveScoreMaps string
	TenCrop       bool
	Scales        []float64

	// of --from-scoremaps
	ScoreMaps    string
	ValScoreMaps string
	Metadata     string
	Masks        string
	Resize       bool
	Normalize    bool

	// of --compare
	Compare string
	With    string

	Curve     string
	Records   string
	ByClass   bool
	Bootstrap int
	Seed      uint64
}

const evalLong = `Measure a trained model, or score maps from anywhere, on a split of a data set.

A model (--run; the newest finished run below runs/ by default) is measured by
top-1 and top-5 classification, by GT-known, top-1 and top-5 localization, and
by MaxBoxAcc and MaxBoxAccV2 as wsolevaluation defines them; where the split has
masks, by PxAP too. The fused map and the map of each branch are measured. Each
figure of boxes is given at the threshold that is best on this very split, which
is what wsolevaluation reports and an oracle, and beside it at the threshold
that is best on val. The run's folder keeps the figures in eval-SPLIT.json and
what each image said in eval-SPLIT.jsonl.

A published classifier (--model NAME) is measured as a run is, on the data of the
recipe that --config names. A split may have fewer classes than the model: they are
found by their names.

--method measures maps that are made in another way than by the heads, such as
gradcam or layercam, at the layer that --layer names. The run's folder keeps these
evaluations beside, in files whose names end in the method and the layer.

Score maps (--from-scoremaps DIR) are measured by the same figures of boxes and
masks. They lie at DIR/<image id>.npy, 224x224 values in [0,1] as float64,
float32 or float16. The truth comes from wsolevaluation's metadata; neither a
model nor an image is needed. Images without a map are listed and left out, and
the exit code is 3.

Two evaluations are compared with --compare A B. Each is a run or a file that
--records wrote. The differences of their figures are printed with intervals
and p-values. What a run's folder keeps says which weights it is of: where the
checkpoint has others now, it is not compared, unless its file is named.

Under mpirun or srun the images are shared out among the processes, and the figures
are those of one process to the last digit (docs/cluster.md).

docs/evaluation.md defines every figure. Exit codes: 0 done; 1 failed; 2 wrong
flags or recipe; 3 some of the maps are missing or broken, and the rest are
measured; 130 interrupted.`

const evalExample = `  acol eval --run runs/cub16-squeezenet-pp --split test
  acol eval --run runs/cub16-squeezenet-pp --checkpoint best --json > figures.json
  acol eval --run runs/x --set data.root=/data/CUB_200_2011 --save-scoremaps maps
  acol eval --from-scoremaps maps --metadata metadata/CUB --split test --curve curve.csv
  acol eval --from-scoremaps maps --val-scoremaps val --metadata metadata/OpenImages --masks masks
  acol eval --model resnet50 --config imagenet.yaml --split val
  acol eval --run runs/x --method layercam --layer features.9
  acol eval --compare runs/cub16-squeezenet-p runs/cub16-squeezenet-pp
  mpirun -n 4 acol eval --run runs/cub16-squeezenet-pp`

func newEvalCmd(s *streams, runF func(context.Context, *evalOptions) error) *cobra.Command {
	o := &evalOptions{streams: s}
	c := &cobra.Command{
		Use:     "eval",
		Short:   "Measure a trained model, or score maps, on a split",
		Long:    evalLong,
		Example: evalExample,
		Args: func(c *cobra.Command, args []string) error {
			if o.Compare != "" && len(args) != 1 {
				return fmt.Errorf("--compare takes two: --compare RUN_A RUN_B")
			}
			if o.Compare == "" {
				return cobra.NoArgs(c, args)
			}
			o.With = args[0]
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(c.Flags().Changed); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	addRunFlags(c, &o.Run, &o.Checkpoint, &o.Set)
	addClassifierFlags(c, &o.Classifier)
	addKeyFlag(c, &o.Set, "method", "", "eval.method", "METHOD", "")
	addKeyFlag(c, &o.Set, "layer", "", "eval.layer", "NAME", "")
	f.StringVarP(&o.Config, "config", "c", "",
		"with --model or --weights: the recipe `FILE` whose data are measured")
	f.StringVar(&o.Split, "split", "",
		"the `SPLIT` to measure: train, val or test (default: test, or val where there is no test)")
	f.BoolVar(&o.JSON, "json", false, "print the figures as one JSON object")
	f.StringVar(&o.SaveScoreMaps, "save-scoremaps", "",
		"write each image's fused score map to `DIR`/<image id>.npy, float64, as wsolevaluation does")
	f.BoolVar(&o.TenCrop, "ten-crop", false,
		"merge ten crops of each image: the corners and the centre, each mirrored too")
	addNumbersFlag(f, &o.Scales, "scales", nil,
		"merge inputs of several sizes, `S,...` times data.input.size")
	f.StringVar(&o.ScoreMaps, "from-scoremaps", "",
		"measure the score maps `DIR`/<image id>.npy instead of a model")
	f.StringVar(&o.ValScoreMaps, "val-scoremaps", "",
		"with --from-scoremaps: choose thresholds on the val split's maps in `DIR`")
	f.StringVar(&o.Metadata, "metadata", "",
		"with --from-scoremaps: `DIR` of wsolevaluation's metadata, with a folder for each split")
	f.StringVar(&o.Masks, "masks", "",
		"with --from-scoremaps: `DIR` below which the masks lie that the metadata name")
	f.BoolVar(&o.Resize, "resize", false,
		"with --from-scoremaps: take maps that are not 224x224, resize them and normalise them")
	f.BoolVar(&o.Normalize, "normalize", false,
		"with --from-scoremaps: take maps of any values and normalise each to [0,1]")
	f.StringVar(&o.Curve, "curve", "", "write the figures at each threshold to `FILE`, .csv or .json")
	f.StringVar(&o.Records, "records", "", "write what each image said to `FILE`, as JSON lines")
	f.BoolVar(&o.ByClass, "by-class", false,
		"print the figures of each class too; --json always has them")
	f.IntVar(&o.Bootstrap, "bootstrap", 1000,
		"draw `N` resamples of the images for 95 % intervals; 0 draws none")
	f.Uint64Var(&o.Seed, "seed", 1, "the number `N` that fixes the resamples")
	f.StringVar(&o.Compare, "compare", "",
		"compare two evaluations, `RUN_A` and the one that follows: runs or files of --records")
	return c
}

// maxResamples bounds --bootstrap.
const maxResamples = 1_000_000

// check refuses values out of range and flags that contradict each other. set reports whether a
// flag was given.
func (o *evalOptions) check(set func(string) bool) error {
	if o.Split != "" {
		if err := checkSplit(o.Split); err != nil {
			return err
		}
	}
	if o.Bootstrap < 0 || o.Bootstrap > maxResamples {
		return usagef("--bootstrap %d is not in 0 to %d", o.Bootstrap, maxResamples)
	}
	if ext := filepath.Ext(o.Curve); o.Curve != "" && ext != ".csv" && ext != ".json" {
		return usagef("--curve %s: want a name that ends in .csv or .json", o.Curve)
	}
	ofModel := []string{
		"run", "checkpoint", "model", "weights", "config", "set", "save-scoremaps", "ten-crop", "scales",
		"method", "layer",
	}
	ofMaps := []string{"val-scoremaps", "metadata", "masks", "resize", "normalize"}
	foreign, with := ofMaps, "only goes with --from-scoremaps"
	switch {
	case o.Compare != "":
		foreign = append(append(ofModel, ofMaps...), "from-scoremaps", "records", "curve", "by-class")
		with = "does not go with --compare"
	case o.ScoreMaps != "":
		foreign, with = ofModel, "does not go with --from-scoremaps"
	}
	for _, name := range foreign {
		if set(name) {
			return usagef("--%s %s", name, with)
		}
	}
	if err := o.checkClassifier(set); err != nil {
		return err
	}
	if o.ScoreMaps != "" && o.Metadata == "" {
		return hinted{
			usagef("--from-scoremaps needs the truth: --metadata is missing"),
			"name wsolevaluation's metadata of the data set, such as metadata/CUB, " +
				"with a folder for each split",
		}
	}
	return nil
}

func (o *evalOptions) inputs() eval.Inputs {
	return eval.Inputs{TenCrop: o.TenCrop, Scales: o.Scales}
}

func (o *evalOptions) resampling(p *progress) eval.Resampling {
	return eval.Resampling{Resamples: o.Bootstrap, Seed: o.Seed, Progress: p.update}
}

func runEval(ctx context.Context, o *evalOptions) error {
	if n := o.streams.Ranks.world().Size(); n > 1 && (o.Compare != "" || o.ScoreMaps != "") {
		return usagef("%d processes were started, and --compare and --from-scoremaps are the work of one", n)
	}
	switch {
	case o.Compare != "":
		return runCompare(ctx, o)
	case o.ScoreMaps != "":
		return runScoreMaps(ctx, o)
	}
	return runEvalModel(ctx, o)
}

func runEvalModel(ctx context.Context, o *evalOptions) error {
	t, err := o.open(ctx)
	if err := o.streams.Ranks.begin(o.streams, err, footingOf(t)); err != nil {
		return err
	}
	o.streams.Ranks.watch(t.Recipe.Train.Ranks)
	eng, err := newEngine(o.streams, t.Recipe.Train)
	if err != nil {
		return err
	}
	defer eng.Close()
	o.chooseSplit(t.Recipe.Data)
	rep, err := evaluateModel(ctx, o, t, eng, func(ev *eval.Evaluator) error {
		if o.Curve != "" {
			if err := needsBoxes(ev, "--curve", o.Split); err != nil && !ev.Has(eval.Masks) {
				return err
			}
		}
		if o.SaveScoreMaps != "" {
			ev.Save = eval.SaveScoreMaps(o.SaveScoreMaps)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !o.streams.Ranks.first() {
		return nil
	}
	if err := o.saveExtras(rep.Records, rep.Curve); err != nil {
		return err
	}
	if t.Dir != "" {
		keepEvaluation(o.streams, run.Folder(t.Dir), rep)
	}
	if o.JSON {
		return printJSON(o.streams.Out, rep)
	}
	return printReport(o.streams.Out, rep, o.ByClass)
}

// open opens the model, and checks that the recipe's data are there.
func (o *evalOptions) open(ctx context.Context) (*run.Trained, error) {
	t, err := openModel(ctx, o.streams, &o.Classifier, modelPlace{
		Run: o.Run, Checkpoint: o.Checkpoint, Config: o.Config, Maps: evalMaps,
	}, o.Set)
	if err != nil {
		return nil, err
	}
	return t, recipe.CheckPaths(t.Recipe, recipe.DataPaths)
}

// evaluateModel measures a model on a split, with intervals and records. prepare is called with the
// evaluator when all else about it is settled.
func evaluateModel(ctx context.Context, o *evalOptions, t *run.Trained, eng *engine.Engine,
	prepare func(*eval.Evaluator) error,
) (*eval.Report, error) {
	kernels := backend.Describe(eng.Backend())
	o.streams.say("measuring split %s; kernels %s", o.Split, kernels)
	ev, err := newEvaluator(o.streams.Ranks.world(), t, eng, o.Split, o.inputs())
	if err != nil {
		err = hintLayer(hintSplit(err, t.Recipe.Data, o.Split))
	}
	if err := o.streams.Ranks.sameImages(ev, err); err != nil {
		return nil, err
	}
	maps := ev.Maps()
	sayMaps(o.streams, maps, t.Recipe.Model.Branches.Kinds)
	if ev.Matched() {
		o.streams.say("the classes of split %s are matched to the model's by their names", o.Split)
	}
	warnClasses(o.streams, ev.Classes(), t.Classes)
	if maps.IsCAM() {
		ev.Kept = t.Threshold // which is of these maps alone
	}
	if o.Split != "val" {
		if err := chooseThresholds(ctx, o, t, eng, ev); err != nil {
			return nil, err
		}
	}
	if err := prepare(ev); err != nil {
		return nil, err
	}
	ev.Keep = true
	where := cmp.Or(t.Dir, t.Name)
	ev.Title = fmt.Sprintf("%s, %s, epoch %d: %s",
		where, filepath.Base(t.Checkpoint), t.Epoch, t.Recipe.Method())
	if !maps.IsCAM() {
		ev.Title += ", " + maps.String()
	}
	rep, err := measure(ctx, o, ev, o.Split)
	if err != nil {
		return nil, err
	}
	tellCollapsed(o.streams, rep)
	t.Sign(rep.Records)
	if o.Bootstrap > 0 {
		if rep.Intervals, err = bootstrap(ctx, o, rep.Records); err != nil {
			return nil, err
		}
	}
	rep.Origin = &eval.Origin{
		Run: where, Checkpoint: t.Checkpoint, Epoch: t.Epoch, Trained: t.Recipe.Method(),
		Weights: t.Sum, Kernels: kernels,
	}
	return rep, nil
}

// keepEvaluation writes an evaluation into the folder of its run. That it cannot is a warning.
func keepEvaluation(s *streams, f run.Folder, rep *eval.Report) {
	var stale *run.StaleError
	switch err := f.SaveEvaluation(rep.Records, rep); {
	case errors.As(err, &stale):
		s.say("warning: %v: --compare does not take it for the run's "+
			"(--records keeps it elsewhere)", err)
	case err != nil:
		s.say("warning: %v; --compare will not find it: "+
			"write it elsewhere with --records", err)
	}
}

// chooseThresholds measures val first, where the recipe has that split, and gives the evaluator the
// thresholds that are best there: those that another split may honestly be measured at. The one
// that val chose while the model was trained comes before the one that it chooses now.
func chooseThresholds(
	ctx context.Context, o *evalOptions, t *run.Trained, eng *engine.Engine, ev *eval.Evaluator,
) error {
	if !t.Recipe.Data.Has("val") {
		return nil
	}
	val, err := newEvaluator(o.streams.Ranks.world(), t, eng, "val", o.inputs())
	if err != nil {
		err = hinted{err, "--set data.val= measures without the thresholds from val"}
	}
	if err := o.streams.Ranks.sameImages(val, err); err != nil {
		return err
	}
	rep, err := measure(ctx, o, val, "val")
	if err != nil {
		return err
	}
	if ev.At = rep.Chosen(); ev.Kept == "" {
		ev.Kept = rep.BoxThreshold()
	}
	return nil
}

// measure runs an evaluator with its progress on the terminal.
func measure(
	ctx context.Context, o *evalOptions, ev *eval.Evaluator, split string,
) (*eval.Report, error) {
	p := newProgress(o.streams, "measuring "+split, "img")
	ev.Progress = p.update
	ev.Broken = func(err error) { p.say("skipped: %v", err) }
	defer p.done()
	rep, err := ev.Run(ctx)
	return rep, hintBroken(err)
}
