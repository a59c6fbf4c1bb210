package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"acol/internal/data"
	"acol/internal/data/loader"
	"acol/internal/engine"
	"acol/internal/eval"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/train"
	"acol/internal/weights"
)

type trainOptions struct {
	streams *streams
	Config  string
	Photos  string // a folder of photographs in the place of Config
	Set     []string
	Resume  resumeMode
	Force   bool
}

func newTrainCmd(s *streams, runF func(context.Context, *trainOptions) error) *cobra.Command {
	o := &trainOptions{streams: s}
	c := &cobra.Command{
		Use:   "train RECIPE|PHOTOS",
		Short: "Train a model by a recipe, or on a folder of photographs",
		Long: `Train a model by a recipe, a YAML file that names the network, the data and the
optimiser. acol config keys explains what a recipe may say. Where there is no such
file, it may be the name of a recipe in the program (acol init --list). Of a folder
of photographs, acol init makes a recipe first.

These files are written into the folder of the run:

  recipe.yaml          the recipe with the value of every key
  log.jsonl            the figures of each epoch, a line of JSON each
  results.csv          the same figures as a table
  last.safetensors     the weights after the last epoch, named as torchvision's
  best.safetensors     the weights after the epoch that was best on val
  state.safetensors    what --resume goes on from
  *.png                pictures of the training (train.pictures)
  events.out.tfevents* for TensorBoard (train.tensorboard)

Ctrl-C finishes the step and saves the state. acol train --resume RUN goes on from
there, and ends with the same bits as if never interrupted. A second Ctrl-C stops
the program at once. SIGTERM, a terminal that closes (unless nohup keeps the program)
and a pipe behind standard error that breaks, such as a tee that ends, save in the
same way. For what gives no warning, train.save saves every 10 minutes.

--resume=auto is for scripts that start a training again: it goes on where there is a
state, and begins where the folder holds nothing yet.

The recipe.yaml in the folder of a run is that run's own: with it a training goes on
in that folder, also where it is a copy or was moved, unless --out names another.

A folder that holds a model, a state, a log or an evaluation is not trained into
without --force. With --force the earlier run is moved to a folder beside, DIR.1 (or
DIR.2 and so on), which acol never removes. One training at a time writes into a
folder: another one is refused while the first lives.

Exit codes: 0 done; 1 failed, for example because the loss diverged; 2 wrong flags
or recipe; 130 interrupted, with everything saved.`,
		Example: `  acol train birds
  acol train recipe.yaml --set train.epochs=3
  acol train cub-resnet50-pp --set data.root=/data/CUB_200_2011
  acol train --resume runs/birds
  until acol train recipe.yaml --resume=auto; do sleep 60; done`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return fmt.Errorf("unexpected %q: one recipe or folder at a time", args[1])
			case len(args) == 1 && o.Config != "":
				return fmt.Errorf("unexpected %q: --config names the recipe already", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.take(args); err != nil {
				return err
			}
			return runF(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.Config, "config", "c", "", "recipe `FILE`, as if it stood alone")
	addSetFlag(c, &o.Set, "override a key of the recipe, `KEY=VALUE`; may be repeated")
	addComputeFlags(c, &o.Set)
	addKeyFlag(c, &o.Set, "out", "o", "train.out", "DIR", "default runs/ and the recipe's name")
	addResumeFlag(f, &o.Resume)
	f.BoolVar(&o.Force, "force", false,
		"train anew in the folder of an earlier run, which is kept as DIR.1 beside it")
	return c
}

func runTrain(ctx context.Context, o *trainOptions) error {
	job, err := prepareTraining(ctx, o)
	if err := o.streams.Ranks.begin(o.streams, err, job.footing()); err != nil {
		return err
	}
	rec, world := job.rec, o.streams.Ranks.world()
	eng, err := newEngine(o.streams, rec.Train)
	if err != nil {
		return err
	}
	defer eng.Close()
	loader, err := newTrainLoader(job.split, rec, world, eng)
	if err := o.streams.Ranks.agree(err); err != nil {
		return err
	}
	memory, err := newTrainMemory(rec, job.model, eng, len(job.split.Samples), world.Size())
	if err != nil {
		return err
	}
	t := &train.Trainer{
		Config: rec.Train, Model: job.model, Engine: eng, Loader: loader,
		InputSize: rec.Data.Input.Size, Resume: o.Resume == resumeAlways, World: world,
	}
	view := newTrainView(o.streams, rec, len(job.split.Samples), eng, memory)
	pictures, end, err := follow(o, t, view, rec, job.split.Classes)
	if err != nil {
		return err
	}
	defer end()
	if t.Validate, err = validator(o.streams.Ranks, rec, job.model, eng, memory, pictures); err != nil {
		return err
	}
	memory.admitStep()
	o.streams.Ranks.watch(rec.Train.Ranks)
	err = memory.advise(t.Run(ctx))
	view.clear()
	return finishTraining(o, rec, view, err)
}

// trainsOnBytes reports whether a training's images go to the engine as bytes: where the engine
// asks for that and nothing is done to them once they are normalised.
func trainsOnBytes(rec *recipe.Recipe, eng *engine.Engine) bool {
	return eng.TakesBytes() && rec.Train.TakesBytes() && !rec.Data.Augment.Erasing.On()
}

// newTrainLoader feeds the training split as the recipe says, in the form that the engine takes.
func newTrainLoader(
	split *data.Split, rec *recipe.Recipe, w *mpi.World, eng *engine.Engine,
) (*loader.Loader, error) {
	part, err := rec.Train.PartOf(w, eng.Devices())
	if err != nil {
		return nil, usageError{err}
	}
	opts := rec.Train.Loading(part, rec.Data.Input.Size)
	opts.Bytes = trainsOnBytes(rec, eng)
	return loader.New(split, rec.Data, opts)
}

// keepRecipe saves the recipe with the run, and says what a resumed one has otherwise than before.
func keepRecipe(o *trainOptions, rec *recipe.Recipe) error {
	folder := run.Folder(rec.Train.Out)
	if o.Resume == resumeAlways {
		old, err := folder.Recipe(nil, nil)
		if err != nil {
			o.streams.say("warning: the recipe that this run began with cannot be compared: %v", err)
			old = rec
		}
		old.Train.Out = rec.Train.Out // which is where the run is now
		for _, c := range recipe.Changes(old, rec) {
			o.streams.say("warning: resuming with another %s: %s, it was %s", c.Key, c.Now, c.Was)
		}
	}
	return folder.SaveRecipe(rec)
}

// loadTrainRecipe reads the recipe with its run's folder in train.out, and settles whether the
// training is resumed: after it, o.Resume is resumeAlways or resumeNever.
func loadTrainRecipe(o *trainOptions) (*recipe.Recipe, error) {
	opt := recipe.Options{
		File: o.Config, Saved: o.Resume != resumeNever, Set: o.Set, Env: o.streams.Env,
	}
	rec, err := recipe.Load(opt)
	if err != nil {
		return nil, err
	}
	if o.Resume != resumeNever && o.Force {
		return nil, usagef("--resume and --force contradict each other")
	}
	if !opt.Overrides("train.out") {
		if err := stayAround(o, rec); err != nil {
			return nil, err
		}
	}
	if o.Resume == resumeAuto {
		o.Resume = resumeNever
		if run.Folder(rec.Train.Out).HasState() {
			o.Resume = resumeAlways
		}
	}
	paths := recipe.DataPaths
	if o.Resume == resumeNever { // otherwise the weights come from the state
		paths |= recipe.WeightsPath
	}
	return rec, recipe.CheckPaths(rec, paths)
}

// stayAround makes the folder in which a run's own recipe lies the run's, whatever the recipe says:
// the folder may be a copy, or have been moved.
func stayAround(o *trainOptions, rec *recipe.Recipe) error {
	own, ok, err := run.Around(o.Config)
	if err != nil || !ok || own.Is(run.Folder(rec.Train.Out)) {
		return err
	}
	o.streams.say("the run is the one in %s, where its recipe lies, "+
		"although train.out in it is %s (--out names another folder)", own, rec.Train.Out)
	rec.Train.Out = string(own)
	return nil
}

// checkRunFolder keeps an earlier run from being written over, and a resumed one from starting
// anew, before anything is read that takes time. The writer of the folder asks again.
func checkRunFolder(o *trainOptions, dir run.Folder) error {
	if err := dir.Idle(); err != nil {
		return err
	}
	switch {
	case o.Resume == resumeAlways && !dir.HasState():
		return hinted{fmt.Errorf("nothing to resume in %s", dir),
			"leave --resume out to train from the start; " +
				"--resume=auto does so where there is nothing yet"}
	case o.Resume == resumeNever && !o.Force:
		return dir.Free()
	}
	return nil
}

// initialize gives the model its start: random, over it what fits of the file
// that the recipe names.
func initialize(
	ctx context.Context, o *trainOptions, m *model.Model, rec *recipe.Recipe, classes []string,
) error {
	m.Init(rec.Train.Seed)
	if rec.Model.Backbone.Weights == "" || o.Resume == resumeAlways {
		return nil
	}
	path, err := startingWeights(ctx, o.streams, rec)
	if err != nil {
		return fmt.Errorf("model.backbone.weights: %w", err)
	}
	warnScale(o.streams, rec)
	sd, names, err := openCanonical(o.streams, path)
	if err != nil {
		return fmt.Errorf("model.backbone.weights: %w", err)
	}
	report, err := m.LoadStart(sd, slices.Equal(run.Classes(sd.Metadata), classes))
	if err != nil {
		return fmt.Errorf("model.backbone.weights: loading %s: %w", path, err)
	}
	report.Dropped = slices.DeleteFunc(report.Dropped, func(name string) bool {
		return strings.HasSuffix(name, ".num_batches_tracked")
	})
	o.streams.say("starting from %s (%s): left out %s; new are %s",
		path, names, orNone(report.Dropped), orNone(report.Missing))
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return weights.Abbreviate(names)
}

// newEvaluator opens a split of the recipe's data for a model.
func newEvaluator(
	w *mpi.World, t *run.Trained, eng *engine.Engine, split string, in eval.Inputs,
) (*eval.Evaluator, error) {
	rec := t.Recipe
	return eval.Open(eng, t.Model, rec.Data, split, eval.Options{
		Config: rec.Eval, Workers: rec.Train.Workers, Inputs: in, Classes: t.Classes,
		World: w,
	})
}

func finishTraining(o *trainOptions, rec *recipe.Recipe, view *trainView, err error) error {
	if errors.Is(err, train.ErrInterrupted) {
		again := "acol train --resume " + shellWord(rec.Train.Out)
		if n := o.streams.Ranks.world().Size(); n > 1 {
			again = fmt.Sprintf("%s -n %d %s", mpi.Launched(o.streams.Env).By, n, again)
		}
		return hinted{err, "go on with: " + again}
	}
	if err != nil {
		return hintDamaged(hintFolder(hintBroken(err)), run.Folder(rec.Train.Out))
	}
	if view.finished() {
		tellFinished(o.streams, rec.Train, view.plan.Epoch)
		return nil
	}
	if line := view.ending(); line != "" {
		o.streams.say("%s", line)
	}
	if line, hint := view.summary(); line != "" {
		o.streams.say("%s", line)
		if hint != "" {
			o.streams.hint("%s", hint)
		}
	}
	tellVerdict(o.streams, run.Folder(rec.Train.Out))
	o.streams.say("done: the model is in %s", rec.Train.Out)
	o.streams.hint("%s", evalLine(run.Folder(rec.Train.Out), rec))
	return nil
}
