package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"acol/internal/engine"
	"acol/internal/localize"
	"acol/internal/metric"
	"acol/internal/model"
	"acol/internal/parallel"
	"acol/internal/viz"
)

// The classes that maps can be for, besides one of an index.
const (
	predictedClass = -1
	topClasses     = -2
)

// shownClasses is how many of the most likely classes are printed, and drawn by top5.
const shownClasses = 5

// localizer takes images through the network and writes what it sees.
type localizer struct {
	o         *localizeOptions
	trained   *trained
	cfg       localize.Config
	class     int
	overlay   viz.OverlayOptions
	predictor *model.Predictor
	feeder    *feeder
	names     *outputNames
	progress  *progress
	batch     int
}

func newLocalizer(o *localizeOptions, t *trained, eng *engine.Engine, inputs []source) (*localizer, error) {
	l := &localizer{o: o, trained: t, cfg: o.apply(t.Recipe.Localize), feeder: newFeeder(t.Recipe.Data, t.Recipe.Train.Workers)}
	var err error
	switch l.cfg.Class {
	case "predicted":
		l.class = predictedClass
	case "top5":
		l.class = topClasses
	default:
		if l.class, err = classIndex(t.Classes, string(l.cfg.Class)); err != nil {
			return nil, err
		}
	}
	l.overlay = viz.DefaultOverlay()
	l.overlay.Opacity = l.cfg.Opacity
	if l.overlay.Palette, err = viz.Colormap(string(l.cfg.Colormap)); err != nil {
		return nil, err
	}
	if l.names, err = newOutputNames(o.Out, inputs); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return nil, fmt.Errorf("making the output folder: %w", err)
	}
	l.batch = evenBatch(len(inputs), l.cfg.BatchSize)
	l.predictor, err = t.Model.NewPredictor(eng, l.batch, t.Recipe.Data.Input.Size, t.Recipe.Data.Input.Size)
	return l, err
}

// evenBatch is the size of equal batches of n images in all: a last batch that is
// nearly empty costs as much as a full one.
func evenBatch(n, most int) int {
	batches := (n + most - 1) / most
	return (n + batches - 1) / batches
}

// interruptedError says that the user stopped the command.
type interruptedError struct{ done, total int }

func (e interruptedError) Error() string {
	return fmt.Sprintf("interrupted: %d of %d images are done, their files stay", e.done, e.total)
}

func (e interruptedError) Is(target error) bool { return target == context.Canceled }

// run localizes the inputs. An image that fails is reported and left out. When
// ctx is done it finishes the batch at hand.
func (l *localizer) run(ctx context.Context, inputs []source) error {
	feedCtx, stop := context.WithCancel(ctx)
	batches := l.feeder.feed(feedCtx, inputs, l.batch)
	defer func() {
		stop()
		for range batches { // until the feeder has ended
		}
	}()
	l.progress = newProgress(l.o.streams, "localizing", "img")
	defer l.progress.done()
	failed, done := 0, 0
	for b := range batches {
		if ctx.Err() != nil {
			break
		}
		if err := l.localize(b); err != nil {
			return err
		}
		n, err := l.report(b)
		if err != nil {
			return err
		}
		failed, done = failed+n, done+len(b.list)
		l.progress.update(done, len(inputs))
	}
	switch {
	case done < len(inputs):
		return interruptedError{done - failed, len(inputs)}
	case failed > 0:
		return partialError{failed, len(inputs)}
	}
	return nil
}

// localize takes a batch through the network and writes its pictures. An interrupt
// does not cut it short.
func (l *localizer) localize(b *shots) error {
	if err := l.predict(b); err != nil {
		return err
	}
	for _, s := range b.list {
		if s.Err == nil {
			s.Err = l.nameFiles(s)
		}
	}
	parallel.Each(l.feeder.workers, len(b.list), func(i int) {
		if s := b.list[i]; s.Err == nil {
			s.Err = l.draw(s)
		}
	})
	return nil
}

// predict fills in the logits of a batch and the maps of the classes asked for.
func (l *localizer) predict(b *shots) error {
	p := l.predictor
	if err := p.Images(b.x, len(b.list)); err != nil {
		return err
	}
	classes := make([]int, len(b.list))
	if l.class >= 0 {
		for i := range classes {
			classes[i] = l.class
		}
		return l.addMaps(b, classes)
	}
	logits, err := p.Classify()
	if err != nil {
		return err
	}
	ranks := 1
	if l.class == topClasses {
		ranks = min(shownClasses, len(l.trained.Classes))
	}
	for rank := range ranks {
		for i := range classes {
			classes[i] = metric.Top(logits[i], ranks)[rank]
		}
		if err := l.addMaps(b, classes); err != nil {
			return err
		}
	}
	return nil
}

// errNotFinite is of a network whose output is no number.
var errNotFinite = errors.New("the network's output is NaN or infinite: is the checkpoint sound? (acol inspect --stats)")

// addMaps adds to each image the maps of one class.
func (l *localizer) addMaps(b *shots, classes []int) error {
	preds, err := l.predictor.Localize(classes)
	if err != nil {
		return err
	}
	for i, s := range b.list {
		if s.Err != nil {
			continue
		}
		s.logits = preds[i].Logits[0]
		for _, v := range s.logits {
			if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
				s.Err = fmt.Errorf("%s: %w", s.Path, errNotFinite)
			}
		}
		s.maps = append(s.maps, &classMap{class: classes[i], maps: preds[i].Maps, fused: preds[i].Fused})
	}
	return nil
}
