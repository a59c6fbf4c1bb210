package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"acol/internal/album"
	"acol/internal/data"
	"acol/internal/engine"
	"acol/internal/eval"
	"acol/internal/machine"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/section"
	"acol/internal/train"
)

// validator measures the val split after an epoch; nil where the recipe has none.
func validator(
	with *ranks, rec *recipe.Recipe, m *model.Model, eng *engine.Engine, memory *trainMemory,
	pictures *album.Album,
) (func(context.Context) (train.Validation, error), error) {
	if !rec.Data.Has("val") {
		return nil, nil
	}
	memory.admitValidation()
	known := *rec
	// Whatever eval is to show, checkpoints are compared by GT-known localization, and the rule
	// that needs no val competes for the threshold that is kept. It is kept for the maps that are
	// trained, which those of other methods are not.
	known.Eval.Class, known.Eval.Threshold = eval.TrueClass, section.Auto
	known.Eval.Method, known.Eval.Layer = model.CAM, ""
	w := with.world()
	ev, err := newEvaluator(w, &run.Trained{Recipe: &known, Model: m}, eng, "val", eval.Inputs{})
	if err != nil && !errors.As(err, new(*machine.ShortError)) && !errors.Is(err, context.Canceled) {
		err = hinted{err, "--set data.val= trains without a val split"}
	}
	if err := with.sameImages(ev, err); err != nil {
		return nil, err
	}
	if b := rec.Train.Best; b.NeedsBoxes() && !ev.Has(eval.Boxes) {
		return nil, hinted{usagef("train.best: %s needs boxes in val, which has none", b),
			"--set train.best=top1 or auto"}
	}
	images, held := ev.Held()
	if err := memory.takeValidation(memory.batchBytes(images, held, eng.TakesBytes())); err != nil {
		return nil, err
	}
	ev.FusedOnly, ev.Together = true, true
	pictures.Watch(ev)
	var losses meanLoss
	losses.watch(ev, m)
	return func(ctx context.Context) (train.Validation, error) {
		losses.sum, losses.images = 0, 0
		rep, err := ev.Run(ctx)
		if err != nil {
			return train.Validation{}, err
		}
		pictures.Validated(rep)
		v := validation(rep)
		v.Loss, err = losses.mean(w)
		return v, err
	}, nil
}

// validation takes the figures of an epoch out of a report of val.
func validation(rep *eval.Report) train.Validation {
	v := train.Validation{
		Images: rep.Images, Skipped: rep.Skipped,
		Top1: rep.Values[eval.Top1], Top5: rep.Values[eval.Top5],
	}
	v.Collapsed, _, _ = rep.Confusion.Collapsed()
	figure := func(key string) *float64 {
		if value, ok := rep.Values[key]; ok {
			return &value
		}
		return nil
	}
	v.MaxBoxAccV2, v.Top1Loc = figure(eval.MaxBoxAccV2), figure(eval.Top1Loc)
	if v.MaxBoxAcc = figure(eval.MaxBoxAcc); v.MaxBoxAcc != nil {
		tau := rep.Best[eval.MaxBoxAcc]
		v.Threshold = &tau
	}
	if v.GTKnown = figure(eval.GTKnown); v.GTKnown != nil {
		v.BoxThreshold = rep.BoxThreshold()
	}
	return v
}

// meanLoss is the mean over the images of val of the sum of the branches' losses.
type meanLoss struct {
	sum    float64
	images int
}

// watch takes in each image that an evaluator shows, beside who watches it already.
func (l *meanLoss) watch(ev *eval.Evaluator, m *model.Model) {
	show := ev.Show
	ev.Show = func(s eval.Sight) error {
		if labels := labelsOf(s.Sample); len(labels) > 0 {
			l.images++
			for _, loss := range m.ImageLosses(s.Logits, labels) {
				l.sum += loss
			}
		}
		if show == nil {
			return nil
		}
		return show(s)
	}
}

// labelsOf returns the labels of an image.
func labelsOf(s *data.Sample) []int {
	if len(s.Labels) > 0 || s.Label < 0 {
		return s.Labels
	}
	return []int{s.Label}
}

// mean returns the mean over the images of all ranks; nil where it is not finite.
func (l *meanLoss) mean(w *mpi.World) (*float64, error) {
	of := []float64{l.sum, float64(l.images)}
	if err := w.SumFloats(of); err != nil {
		return nil, err
	}
	mean := of[0] / of[1]
	if math.IsNaN(mean) || math.IsInf(mean, 0) {
		return nil, nil
	}
	return &mean, nil
}

// tellFinished says of a training that was resumed after its end how to go on all the same.
func tellFinished(s *streams, c train.Config, epochs int) {
	if epochs >= c.Epochs {
		s.say("nothing is left to train: %s has had all of its %s", c.Out, counted(c.Epochs, "epoch"))
		s.say("done: the model is in %s", c.Out)
		s.hint("more epochs: acol train --resume %s --set train.epochs=%d",
			shellWord(c.Out), 2*c.Epochs)
		return
	}
	s.say("nothing is left to train: %s ended after epoch %d, with train.patience %d",
		c.Out, epochs, c.Patience)
	s.say("done: the model is in %s", c.Out)
	s.hint("go on all the same: acol train --resume %s --set train.patience=%d, or 0 for all epochs",
		shellWord(c.Out), 2*c.Patience)
}

// ending says why a training ended before its last epoch; empty where it did not.
func (v *trainView) ending() string {
	r := v.last
	if !r.Ends || r.Epoch >= v.plan.Epochs {
		return ""
	}
	return fmt.Sprintf("ended after epoch %d of %d: %s without a better %s (train.patience)",
		r.Epoch, v.plan.Epochs, counted(r.Epoch-r.BestEpoch, "epoch"), whatOf(&r))
}

// whatOf names the figure that an epoch was compared by, and on which images.
func whatOf(r *train.EpochRecord) string {
	if r.Validation == nil {
		return "loss in training"
	}
	return r.ChosenBy().Name + " on val"
}
