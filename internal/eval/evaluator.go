// Package eval measures score maps and classification on a split of a data set: of a model, of a
// grid of settings of its branches, or of score maps in files.
//
// What is measured stands in one table (figures.go). An image becomes what it says for each row of
// the table (outcome.go), and one accumulator counts that (tally.go). Evaluator.Run and Sweep run a
// model over a split, ScoreMaps reads files. What comes out is a Book of figures for each kind of
// map (book.go) and, in Records, what each image said; groups, intervals and comparisons are
// computed from records, in the same accumulator. Reports say all of this in JSON (report.go).
package eval

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"acol/internal/cam"
	"acol/internal/data"
	"acol/internal/data/loader"
	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/scoremap"
	"acol/internal/section"
)

// Options say what is measured of a model.
type Options struct {
	// Config is the recipe's section.
	Config
	// Workers decode images and measure score maps; 0 is one for each processor.
	Workers int
	// Inputs are merged, if there are several of each image.
	Inputs Inputs
	// Classes are the names of the model's classes, in the order of its logits; nil where they are
	// not known.
	Classes []string
	// World shares the images of the split out to its ranks, each of which gets the report on all
	// of them. Nil is a process of its own.
	World *mpi.World
}

// Evaluator measures one model on one split, any number of times.
type Evaluator struct {
	// FusedOnly leaves out each branch's own map.
	FusedOnly bool
	// At are thresholds that val chose, by the names of maps: Report.Chosen of val. Figures are
	// measured at them besides the best ones.
	At map[string]Thresholds
	// Kept is what val chose for the boxes of the model: Report.BoxThreshold of val, or what
	// run.Trained keeps of it. It is what a Config.Threshold of section.Auto takes, and empty where
	// val chose nothing.
	Kept section.Threshold
	// Keep keeps a record of each image. Title says in their head what was measured.
	Keep  bool
	Title string
	// Progress is told how many of the images are done, unless it is nil.
	Progress func(done, total int)
	// Save gets each image's fused score map, in the order of the split, unless it is nil.
	Save func(id string, score cam.Map) error
	// Show gets what each image gave, in the order of the split, unless it is nil. Of several ranks
	// each gets its own images, as Save does.
	Show func(Sight) error
	// Broken is told of each image that is left out, unless it is nil.
	Broken func(error)
	// Together has several ranks stop together: one whose context is done tells the others when
	// they have measured their images, and Run is a context.Canceled on all of them. Otherwise that
	// rank alone stops, and the others wait for it.
	Together bool

	opt       Options
	threshold scoremap.Threshold
	shown     int // the class whose maps are measured, where Config.Class names one
	model     *model.Model
	net       network
	maps      model.MapMaker // nil with multi
	multi     *multi         // nil with one input of an image
	whole     *data.Split
	split     *data.Split // the images of this rank
	first     int         // the place of the first of them in whole
	matched   bool        // labels are the model's and not those of the data
	cfg       data.Config
	room      *pixels.Room // for Picture
	aside     bool         // the network computes beside the processor
	loader    *loader.Loader
}

// Open opens a split of a data set for New. Its labels are matched to the model's classes by name
// or by number; a class that the model lacks is a *ClassesError.
func Open(
	e *engine.Engine, m *model.Model, cfg data.Config, split string, opt Options,
) (*Evaluator, error) {
	s, err := data.Open(cfg, split)
	if err != nil {
		return nil, err
	}
	matched, err := matchClasses(s, m.Classes(), opt.Classes)
	if err != nil {
		return nil, err
	}
	ev, err := New(e, m, s, cfg, opt)
	if err != nil {
		return nil, err
	}
	ev.matched = matched
	return ev, nil
}

// New compiles a model for a split. A Config.Class that names no class of the split is an error.
func New(
	e *engine.Engine, m *model.Model, split *data.Split, cfg data.Config, opt Options,
) (*Evaluator, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	// Ranks compute in batches of one size, whatever their number is.
	opt.BatchSize = min(opt.BatchSize, max(1, len(split.Samples)))
	var err error
	if !opt.Maps().IsCAM() {
		if opt.Layer, err = m.FindMapLayer(opt.Layer); err != nil {
			return nil, fmt.Errorf("eval.layer: %w", err)
		}
	}
	ev := &Evaluator{opt: opt, model: m, cfg: cfg, room: cfg.Room(), aside: e.TakesBytes()}
	ev.whole = split
	ev.split, ev.first = share(split, opt.World)
	split = ev.split
	if c := opt.Class; c != TrueClass && c != TopClass {
		if ev.shown, err = model.FindClass(split.Classes, string(c)); err != nil {
			return nil, fmt.Errorf("eval.class: %w", err)
		}
	}
	ev.loader, err = loader.New(split, cfg, loader.Options{
		Batch: opt.BatchSize, Workers: opt.Workers, CacheBytes: -1, Bytes: e.TakesBytes(),
	})
	if err != nil {
		return nil, err
	}
	if opt.Inputs.multiple() {
		if ev.multi, err = ev.newMulti(e, opt.Inputs); err != nil {
			return nil, err
		}
		ev.net = ev.multi
		return ev, nil
	}
	side := cfg.Input.Size
	in := model.Input{Batch: opt.BatchSize, Height: side, Width: side, Norm: ev.loader.Norm()}
	ev.maps, err = m.NewMapMaker(e, opt.Maps(), in)
	ev.net = ev.maps
	return ev, err
}

// Classes returns the names of the split's labels.
func (ev *Evaluator) Classes() []string { return ev.split.Classes }

// Maps says where the maps come from. Its layer is not empty but of model.CAM.
func (ev *Evaluator) Maps() model.MapSource { return ev.opt.Maps() }

// Has reports whether images of the split have the truth that a figure needs.
func (ev *Evaluator) Has(need Truth) bool {
	switch need {
	case Boxes:
		return ev.split.HasBoxes
	case Masks:
		return ev.split.HasMasks
	}
	return true
}

// Matched reports whether the split numbers its classes otherwise than the model, so that Open has
// matched them by their names.
func (ev *Evaluator) Matched() bool { return ev.matched }

// Held returns the number of images in a batch, and how many batches the loader holds at once.
func (ev *Evaluator) Held() (images, batches int) {
	return ev.opt.BatchSize, min(loader.Ahead, ev.loader.Steps())
}

// mapNames names the maps that are measured: the fused one and, where there are several branches,
// that of each.
func (ev *Evaluator) mapNames() []string {
	names := []string{FusedName}
	kinds := ev.model.Config().Branches.Kinds
	if ev.FusedOnly || len(kinds) == 1 || !ev.opt.Maps().IsCAM() {
		return names
	}
	for i := range kinds {
		names = append(names, model.BranchTitle(i, kinds[i]))
	}
	return names
}

// Threshold says where maps are cut, by the recipe and by Kept.
func (ev *Evaluator) Threshold() scoremap.Threshold {
	return scoremap.Resolve(ev.opt.Threshold, ev.Kept, ev.opt.Maps().DefaultRule())
}

// Run measures the model as it is now. The figures do not depend on the number of workers.
func (ev *Evaluator) Run(ctx context.Context) (*Report, error) {
	ev.threshold = ev.Threshold()
	sheets, err := ev.sheets(ev.mapNames(), ev.At)
	if err != nil {
		return nil, err
	}
	workers := make([]*worker, ev.opt.Workers)
	for i := range workers {
		workers[i] = newWorker(ev, newGauge(ev.threshold), sheets)
		workers[i].guesses = newConfusion(ev.split.Classes)
	}
	p := &pipeline{ev: ev, workers: workers}
	skipped, err := ev.each(ctx, p.batch)
	err = errors.Join(err, p.wait())
	stopped := ev.Together && ev.opt.World.Size() > 1 && ctx.Err() != nil
	if err != nil && !stopped {
		return nil, err
	}
	records := p.records
	for _, w := range workers[1:] {
		if err := workers[0].merge(w); err != nil {
			return nil, err
		}
	}
	if records, skipped, err = workers[0].gather(records, skipped, stopped); err != nil {
		return nil, err
	}
	r, err := workers[0].report(skipped)
	if err == nil && ev.Keep {
		masks := r.Counted[pxap] > 0
		r.Records = newRecords(ev.Title, ev.split, sheets[0], masks, records)
		if s := ev.opt.Maps(); !s.IsCAM() {
			r.Records.Method, r.Records.Layer = s.Method, s.Layer
		}
		r.BySize, r.ByClass = r.Records.bySize(), r.Records.byClass(r.Confusion)
	}
	return r, err
}

// each calls do for the batches of the split, with progress, and returns the number of images that
// were left out.
func (ev *Evaluator) each(
	ctx context.Context, do func(*loader.Batch) error,
) (skipped int, err error) {
	if ev.multi != nil {
		return ev.multi.each(ctx, do)
	}
	done := 0
	skipped = ev.split.LeftOut
	for b, err := range ev.loader.Epoch(ctx, 0, 0) {
		if err == nil && b.N > 0 {
			err = do(b)
		}
		if err != nil {
			return skipped, fmt.Errorf("evaluating %s: %w", ev.split.Name, err)
		}
		skipped += b.Skipped
		done += b.N + b.Skipped
		ev.tell(b, done)
	}
	return skipped, nil
}

// tell tells of broken images and of progress, which counts what all ranks have done if they are as
// fast as this one.
func (ev *Evaluator) tell(b *loader.Batch, done int) {
	if ev.Broken != nil {
		for _, e := range b.Broken {
			ev.Broken(e)
		}
	}
	if ev.Progress != nil {
		ev.Progress(min(done*ev.opt.World.Size(), len(ev.whole.Samples)), len(ev.whole.Samples))
	}
}

// pipeline measures batches while the network looks at the next ones, where that computes on a
// device of its own. On the processor the two would only take it from each other.
type pipeline struct {
	ev      *Evaluator
	workers []*worker
	records []Record
	done    chan error // of the batch that is being measured; nil where none is
}

// batch runs the network on a batch and begins to measure what it says.
func (p *pipeline) batch(b *loader.Batch) error {
	views, err := p.ev.predict(b)
	if err := errors.Join(err, p.wait()); err != nil {
		return err
	}
	indices := slices.Clone(b.Indices) // the loader's own, which it uses again
	p.done = make(chan error, 1)
	measure := func() {
		kept, err := p.ev.measure(p.workers, views, indices)
		p.records = append(p.records, kept...)
		p.done <- err
	}
	if p.ev.aside {
		go measure()
		return nil
	}
	measure()
	return p.wait()
}

// wait waits until all batches so far are measured.
func (p *pipeline) wait() error {
	if p.done == nil {
		return nil
	}
	err := <-p.done
	p.done = nil
	return err
}

// measure shares the images of a batch out to the workers and returns the records that are kept.
// indices are their places in the split.
func (ev *Evaluator) measure(workers []*worker, views []view, indices []int) ([]Record, error) {
	images := make([]seen, len(views))
	errs := make([]error, len(workers))
	var wg sync.WaitGroup
	for k, w := range workers {
		wg.Go(func() {
			for i := k; i < len(views) && errs[k] == nil; i += len(workers) {
				images[i], errs[k] = w.add(views[i])
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var kept []Record
	for i, v := range views {
		if ev.Save != nil {
			if err := ev.Save(v.sample.ID, images[i].fused); err != nil {
				return nil, err
			}
		}
		if ev.Keep {
			kept = append(kept, newRecord(v.sample, &images[i].outcome))
		}
		if ev.Show != nil {
			if err := ev.Show(ev.sight(ev.first+indices[i], v, &images[i])); err != nil {
				return nil, err
			}
		}
	}
	return kept, nil
}
