// Package eval measures a model on a split: it runs the images through the
// network and feeds the accumulators of package metric.
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
	"acol/internal/metric"
	"acol/internal/model"
	"acol/internal/scoremap"
)

// Options say what is measured.
type Options struct {
	// Batch is in images. Workers decode images and score maps; 0 is one a processor.
	Batch, Workers int
	// MapSize is the side of the score maps in pixels; the protocol's is 224.
	MapSize int
	// Threshold is the fraction of a map's maximum for top-k localization.
	Threshold float64
	// Class says whose maps are measured; Index is the class where it is Named.
	Class Class
	Index int
	// Inputs are merged, if there are several of each image.
	Inputs Inputs
}

// Class is a choice of the class whose maps are measured.
type Class int

// The true class (GT-known), the top-1, or one class for all images.
const (
	True Class = iota
	Predicted
	Named
)

// Evaluator measures one model on one split, any number of times.
type Evaluator struct {
	// FusedOnly leaves out each branch's own map and localization.
	FusedOnly bool
	// At are thresholds chosen elsewhere, on val, to measure at besides the best ones.
	At Chosen
	// Keep keeps each image's record, with Title in their head.
	Keep  bool
	Title string
	// Progress is told how many of the images are done; nil is not.
	Progress func(done, total int)
	// Save gets each image's fused score map, in the order of the split; nil does not.
	Save func(id string, score cam.Map) error
	// Broken is told of each image that is left out; nil is not.
	Broken func(error)

	fusedMaps bool // leaves out each branch's own map alone
	opt       Options
	model     *model.Model
	net       network
	predictor *model.Predictor // nil with multi
	multi     *multi           // nil with one input an image
	split     *data.Split
	cfg       data.Config
	loader    *loader.Loader
}

// New compiles the model for the split.
func New(e *engine.Engine, m *model.Model, split *data.Split, cfg data.Config, opt Options) (*Evaluator, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	opt.Batch = min(opt.Batch, max(1, len(split.Samples)))
	l, err := loader.New(split, cfg, loader.Options{Batch: opt.Batch, Workers: opt.Workers, CacheBytes: -1})
	if err != nil {
		return nil, err
	}
	ev := &Evaluator{opt: opt, model: m, split: split, cfg: cfg, loader: l}
	if opt.Inputs.multiple() {
		if ev.multi, err = ev.newMulti(e, opt.Inputs); err != nil {
			return nil, err
		}
		ev.net = ev.multi
		return ev, nil
	}
	ev.predictor, err = m.NewPredictor(e, opt.Batch, cfg.Input.Size, cfg.Input.Size)
	ev.net = ev.predictor
	return ev, err
}

// network gives the maps of one class of each image at hand.
type network interface {
	Localize(classes []int) ([]model.Prediction, error)
}

// Classes are the names of the split's labels.
func (ev *Evaluator) Classes() []string { return ev.split.Classes }

// MapNames names the maps that are measured: the fused one, then each branch's
// if there are several.
func (ev *Evaluator) MapNames() []string {
	names := []string{FusedName}
	kinds := ev.model.Config().Branches.Kinds
	if ev.FusedOnly || ev.fusedMaps || len(kinds) == 1 {
		return names
	}
	for i, k := range kinds {
		names = append(names, fmt.Sprintf("branch %d (%c)", i+1, k))
	}
	return names
}

// Run measures the model as it is now. The figures do not depend on the number
// of workers.
func (ev *Evaluator) Run(ctx context.Context) (*Report, error) {
	workers := make([]*worker, ev.opt.Workers)
	for i := range workers {
		w, err := ev.newWorker()
		if err != nil {
			return nil, err
		}
		workers[i] = w
	}
	var records []Record
	skipped, err := ev.each(ctx, func(b *loader.Batch) error {
		kept, err := ev.batch(workers, b)
		records = append(records, kept...)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, w := range workers[1:] {
		if err := workers[0].merge(w); err != nil {
			return nil, err
		}
	}
	r, err := workers[0].report(skipped)
	if err == nil && ev.Keep {
		r.Records = workers[0].records(records)
		r.BySize, r.ByClass = r.Records.bySize(), r.Records.byClass()
	}
	return r, err
}

// each calls do for the batches of the split, with progress, and gives the number of
// images that were left out.
func (ev *Evaluator) each(ctx context.Context, do func(*loader.Batch) error) (skipped int, err error) {
	if ev.multi != nil {
		return ev.multi.each(ctx, do)
	}
	done := 0
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

// tell reports broken images and progress.
func (ev *Evaluator) tell(b *loader.Batch, done int) {
	if ev.Broken != nil {
		for _, e := range b.Broken {
			ev.Broken(e)
		}
	}
	if ev.Progress != nil {
		ev.Progress(done, len(ev.split.Samples))
	}
}

// batch runs the network on a batch, shares its images out to the workers and gives the
// records to keep.
func (ev *Evaluator) batch(workers []*worker, b *loader.Batch) ([]Record, error) {
	views, err := ev.predict(b)
	if err != nil {
		return nil, err
	}
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
			kept = append(kept, images[i].record)
		}
	}
	return kept, nil
}

// view is what the network says of one image.
type view struct {
	sample *data.Sample
	logits []float32        // of the first branch
	known  model.Prediction // of the true class
	shown  model.Prediction // of the class whose maps are measured
	class  int              // that class
	others []guess          // of an image with several labels, those among the first guesses
}

// guess is what the network says of an image for one class.
type guess struct {
	class int
	model.Prediction
}

// topLoc is how many predicted classes localization looks at.
const topLoc = 5

func (ev *Evaluator) predict(b *loader.Batch) ([]view, error) {
	if ev.multi == nil {
		if err := ev.predictor.Images(b.X, b.N); err != nil {
			return nil, err
		}
	}
	known, err := ev.net.Localize(b.Labels)
	if err != nil {
		return nil, err
	}
	views := make([]view, b.N)
	for i := range views {
		views[i] = view{sample: &ev.split.Samples[b.Indices[i]], logits: known[i].Logits[0], known: known[i], shown: known[i], class: b.Labels[i]}
	}
	if err := ev.addOthers(views); err != nil {
		return nil, err
	}
	return views, ev.show(views)
}

// addOthers adds the maps of the further labels of images with several, where these are among
// the first guesses and have true boxes: top-k localization may be right by any of them.
func (ev *Evaluator) addOthers(views []view) error {
	if !ev.localizes() {
		return nil
	}
	wanted := make([][]int, len(views))
	rounds := 0
	for i, v := range views {
		for _, l := range v.sample.Labels {
			if l != v.sample.Label && slices.Contains(metric.Top(v.logits, topLoc), l) && len(v.sample.BoxesOf(l)) > 0 {
				wanted[i] = append(wanted[i], l)
			}
		}
		rounds = max(rounds, len(wanted[i]))
	}
	for r := range rounds {
		classes := make([]int, len(views))
		for i, v := range views {
			if classes[i] = v.class; r < len(wanted[i]) {
				classes[i] = wanted[i][r]
			}
		}
		preds, err := ev.net.Localize(classes)
		if err != nil {
			return err
		}
		for i := range views {
			if r < len(wanted[i]) {
				views[i].others = append(views[i].others, guess{classes[i], preds[i]})
			}
		}
	}
	return nil
}

// show picks the maps that are measured, where they are not those of the label. An image
// whose logits are not numbers predicts none: its label's are taken.
func (ev *Evaluator) show(views []view) error {
	if ev.opt.Class == True {
		return nil
	}
	classes := make([]int, len(views))
	for i, v := range views {
		switch {
		case ev.opt.Class == Named:
			classes[i] = ev.opt.Index
		case slices.ContainsFunc(v.logits, notFinite):
			classes[i] = v.class
		default:
			classes[i] = metric.Top(v.logits, 1)[0]
		}
	}
	preds, err := ev.net.Localize(classes)
	if err != nil {
		return err
	}
	for i := range views {
		views[i].shown, views[i].class = preds[i], classes[i]
	}
	return nil
}

// localizes tells whether localization with the classes is measured.
func (ev *Evaluator) localizes() bool { return ev.split.HasBoxes && !ev.FusedOnly }

func notFinite(x float32) bool { return x-x != 0 }

// scoreMap turns a low-resolution map into the score map of the whole image:
// resized, then normalised (evaluation protocol, section 2). state tells why it is zeros.
func (ev *Evaluator) scoreMap(low cam.Map, logit float32, s *data.Sample) (score cam.Map, state cam.State, err error) {
	score, state = scoremap.Of(low, ev.opt.MapSize)
	if state == cam.Constant && notFinite(logit) {
		state = cam.NaN // the network's map was zeroed for it
	}
	if state != cam.OK || ev.multi != nil || ev.cfg.Input.Resize == pixels.Warp && ev.cfg.Input.TestResize == ev.cfg.Input.Size {
		return score, state, nil
	}
	// The network saw a crop: nothing is claimed outside of it.
	width, height := s.Width, s.Height
	if width == 0 { // of a sample without boxes
		if width, height, err = pixels.Size(s.Path, !ev.split.Stored); err != nil {
			return score, state, err
		}
	}
	g, err := ev.cfg.Input.TestGeometry(width, height)
	if err != nil {
		return score, state, err
	}
	return scoremap.Reframe(g, score)
}
