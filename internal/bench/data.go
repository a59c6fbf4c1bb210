package bench

import (
	"context"
	"fmt"
	"time"

	"acol/internal/data/loader"
)

// DataResult says how fast the loader delivers images and how long a training waits for them.
type DataResult struct {
	// Decoded and Cached are the images a second of the loader while nothing else runs. Decoded
	// images are read, decoded and resized; cached ones come from the loader's cache. Cached is 0
	// where the recipe has no cache (data.cache_mb).
	Decoded float64 `json:"decoded_per_second"`
	Cached  float64 `json:"cached_per_second"`
	// Training is measured on batches of the loader. As long as there are some, their images are
	// ones that the loader has not decoded before.
	Training *Result `json:"training"`
	// Waited is for how many of its seconds each step waited for its batch.
	Waited []float64 `json:"waited_seconds"`
}

// WaitedShare is the share of the training's time in which it waited for data, 0 to 1.
func (d *DataResult) WaitedShare() float64 {
	waited, all := 0.0, 0.0
	for i, s := range d.Training.Seconds {
		waited, all = waited+d.Waited[i], all+s
	}
	return waited / all
}

// aloneFor is after how long the loader is no longer measured alone.
const aloneFor = 10 * time.Second

// Data measures a loader alone, and then a training that another one feeds. open makes a loader
// with an empty cache, whose batches are those of the training.
func Data(
	ctx context.Context, o Options, open func() (*loader.Loader, error),
) (*DataResult, error) {
	d := &DataResult{}
	l, err := open()
	if err != nil {
		return nil, err
	}
	var batches int
	if d.Decoded, batches, err = loadFor(ctx, l, l.Steps()); err != nil {
		return nil, err
	}
	if l.Caches() {
		if d.Cached, _, err = loadFor(ctx, l, batches); err != nil { // the same images again
			return nil, err
		}
	}
	if l, err = open(); err != nil {
		return nil, err
	}
	t, err := newTrainer(o, l.Norm())
	if err != nil {
		return nil, err
	}
	defer closeAll(t.step.VM())
	return d, d.train(ctx, o, t, l)
}

// loadFor takes the first batches of an epoch until aloneFor is over: at least one, at most most.
func loadFor(
	ctx context.Context, l *loader.Loader, most int,
) (perSecond float64, batches int, err error) {
	begin, n := time.Now(), 0
	for b, err := range l.Epoch(ctx, 0, 0) {
		if err != nil {
			return 0, 0, fmt.Errorf("measuring the loader: %w", err)
		}
		n += b.N
		batches++
		if batches == most || time.Since(begin) > aloneFor {
			break
		}
	}
	return float64(n) / time.Since(begin).Seconds(), batches, nil
}

// train measures a training of as many epochs as its steps need.
func (d *DataResult) train(ctx context.Context, o Options, t *trainer, l *loader.Loader) error {
	vm := t.step.VM()
	d.Training = &Result{Batch: o.Batch, ArenaBytes: vm.ArenaBytes(), Instructions: vm.Instructions()}
	done, total := 0, o.Warmup+o.Steps
	begin := time.Now()
	for epoch := 0; done < total; epoch++ {
		for b, err := range l.Epoch(ctx, epoch, 0) {
			if err == nil {
				err = t.train(b.Inputs, b.Labels, nil)
			}
			if err != nil {
				return fmt.Errorf("training on the data: %w", err)
			}
			if done >= o.Warmup {
				d.Training.Seconds = append(d.Training.Seconds, time.Since(begin).Seconds())
				d.Waited = append(d.Waited, b.Waited.Seconds())
			}
			begin = time.Now()
			done++
			if o.Progress != nil {
				o.Progress(done, total)
			}
			if done == total {
				break
			}
		}
	}
	return nil
}
