package localize

import (
	"context"
	"fmt"
	"image"
	"iter"
	"runtime"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/metric"
	"acol/internal/model"
	"acol/internal/scoremap"
	"acol/internal/section"
)

// The classes that maps can be for, besides the one of an index.
const (
	predictedClass = -1
	topClasses     = -2
)

// shownClasses is how many of the most likely classes a summary names, and top5 draws.
const shownClasses = 5

// Options say how a Localizer looks at images.
type Options struct {
	// Classes are the names of the model's classes, in the order of its logits.
	Classes []string
	// Data says how an image becomes the network's input: its keys input, mean and std.
	Data data.Config
	// Config is the recipe's localize section. Class is the name or the index of one of Classes,
	// predicted or top5.
	Config Config
	// Kept is the threshold that val chose for the model's own maps, as run.Trained keeps it; empty
	// where it chose none. It is what a Config.Threshold of section.Auto takes with model.CAM.
	Kept section.Threshold
	// Batch is how many images go through the network at once. A batch that is not full costs as
	// much as a full one: take 1 for single images, EvenBatch for a known number of them.
	Batch int
	// Workers decode and draw images; 0 is one a processor.
	Workers int
}

// kept is the threshold that val chose for maps of the options' method: for those of other methods
// than CAM it has chosen none.
func (o Options) kept() section.Threshold {
	if o.Config.Maps().IsCAM() {
		return o.Kept
	}
	return ""
}

// threshold says where maps of the options' method are cut. Kept is what val chose for such maps.
func (o Options) threshold(kept section.Threshold) scoremap.Threshold {
	return scoremap.Resolve(o.Config.Threshold, kept, o.Config.Maps().DefaultRule())
}

// Localizer takes images through a network. It is not safe for concurrent use: the compiled
// network holds the features of the images at hand.
type Localizer struct {
	opt       Options
	threshold scoremap.Threshold
	branches  model.Branches
	class     int // an index, predictedClass or topClasses
	maps      model.MapMaker
	feeder    *feeder
}

// Open compiles a model on an engine. The engine must stay open for as long as the Localizer is
// used. A class that the model lacks is a *model.ClassError.
func Open(e *engine.Engine, m *model.Model, o Options) (*Localizer, error) {
	if len(o.Classes) != m.Classes() {
		return nil, fmt.Errorf("localizing: %d class names for a model of %d classes",
			len(o.Classes), m.Classes())
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if !o.Config.Maps().IsCAM() {
		layer, err := m.FindMapLayer(o.Config.Layer)
		if err != nil {
			return nil, fmt.Errorf("localize.layer: %w", err)
		}
		o.Config.Layer = layer
	}
	l := &Localizer{
		opt: o, branches: m.Config().Branches, feeder: newFeeder(o.Data, o.Workers, e.TakesBytes()),
	}
	l.threshold = o.threshold(o.kept())
	var err error
	if l.class, err = classOf(o.Config.Class, o.Classes); err != nil {
		return nil, err
	}
	side := o.Data.Input.Size
	l.maps, err = m.NewMapMaker(e, o.Config.Maps(), model.Input{
		Batch: o.Batch, Height: side, Width: side, Norm: l.feeder.norm,
	})
	return l, err
}

// Maps says where the maps come from. Its layer is not empty but of model.CAM.
func (l *Localizer) Maps() model.MapSource { return l.opt.Config.Maps() }

// Threshold says where maps are cut, and who chose that.
func (l *Localizer) Threshold() scoremap.Threshold { return l.threshold }

// classOf reads the recipe's localize.class.
func classOf(want ClassName, names []string) (int, error) {
	switch want {
	case Predicted:
		return predictedClass, nil
	case Top5:
		return topClasses, nil
	}
	return model.FindClass(names, string(want))
}

// EvenBatch is the batch size that shares n images out evenly over as few batches of at most most
// images as there can be: a last batch that is nearly empty costs as much as a full one.
func EvenBatch(n, most int) int {
	batches := (n + most - 1) / most
	return (n + batches - 1) / batches
}

// Image localizes one picture that package data has decoded, upright. A picture of no pixels and a
// network whose output is no number are errors.
func (l *Localizer) Image(img image.Image) (*Result, error) {
	in := l.feeder.inputs(1)
	g, err := data.TestInput(l.opt.Data, img, in)
	if err != nil {
		return nil, fmt.Errorf("localizing: %w", err)
	}
	seen, err := l.look(in, 1)
	if err != nil {
		return nil, fmt.Errorf("localizing: %w", err)
	}
	return l.result(g, seen[0])
}

// Batches localizes images in batches, in their order, decoding one batch ahead. An image that
// cannot be read or localized carries an error in its Item, and the others go on; an error of the
// sequence itself is of the network and ends it. When ctx is done the sequence ends with its
// cause, unless every image was yielded before; a batch that is being processed is finished first.
// Items and what they hold of pictures are valid until the next batch is asked for.
func (l *Localizer) Batches(ctx context.Context, sources []Source) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		feedCtx, stop := context.WithCancel(ctx)
		fed := l.feeder.feed(feedCtx, sources, l.maps.Batch())
		defer func() {
			stop()
			for range fed { // until the feeder has ended
			}
		}()
		done := 0
		for b := range fed {
			if ctx.Err() != nil {
				break
			}
			err := l.localize(b)
			done += len(b.Items)
			goOn := yield(b, err)
			b.drop()
			if !goOn || err != nil {
				return
			}
		}
		if done < len(sources) {
			yield(nil, context.Cause(ctx))
		}
	}
}

// localize fills in the results of a batch.
func (l *Localizer) localize(b *Batch) error {
	seen, err := l.look(b.in, len(b.Items))
	if err != nil {
		return fmt.Errorf("localizing: %w", err)
	}
	b.Each(func(it *Item) error {
		r, err := l.result(it.geometry, seen[it.Index-b.Items[0].Index])
		if err != nil {
			return fmt.Errorf("%s: %w", it.Name, err)
		}
		it.Result = r
		return nil
	})
	return nil
}

// sight is what the network says of one image for one class.
type sight struct {
	class int
	model.Prediction
	in pixels.Inputs // the network's input
}

// look runs the network on n images for the classes that the options ask for: of each image one
// sight a class.
func (l *Localizer) look(in pixels.Inputs, n int) ([][]sight, error) {
	if err := l.maps.See(in, n); err != nil {
		return nil, err
	}
	seen := make([][]sight, n)
	classes := make([]int, n)
	add := func() error {
		preds, err := l.maps.Localize(classes)
		for i, p := range preds {
			seen[i] = append(seen[i], sight{classes[i], p, in.Range(i, i+1)})
		}
		return err
	}
	if l.class >= 0 {
		for i := range classes {
			classes[i] = l.class
		}
		return seen, add()
	}
	logits, err := l.maps.Classify()
	if err != nil {
		return nil, err
	}
	ranks := 1
	if l.class == topClasses {
		ranks = min(shownClasses, len(l.opt.Classes))
	}
	for rank := range ranks {
		for i := range classes {
			classes[i] = metric.Top(logits[i], ranks)[rank]
		}
		if err := add(); err != nil {
			return nil, err
		}
	}
	return seen, nil
}
