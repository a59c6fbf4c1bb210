// Package loader feeds a split of a data set to a network in batches: decoded, augmented and
// normalised ahead of the caller, with what was decoded kept in memory between epochs.
package loader

import (
	"fmt"
	"runtime"
	"time"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/data/seeded"
)

// Options say how a loader batches. The pixels are the configuration's business.
type Options struct {
	// Batch is the number of images a batch.
	Batch int
	// Workers decode and augment; 0 is one a processor. Results do not depend on it.
	Workers int
	// Seed fixes order and augmentation.
	Seed uint64
	// Train shuffles, augments and drops the last, smaller batch. Otherwise the
	// split comes in its order, without augmentation, to its end.
	Train bool
	// CacheBytes bounds the prepared images kept in memory; negative takes the configuration's cache_mb.
	CacheBytes int64
}

// Batch is N images in the network's form. Its slices are used again for a
// later batch: they hold until the loop asks for the next one.
type Batch struct {
	// X is (N,3,Size,Size), R, G, B, normalised.
	X []float32
	// Labels are the class indices, and Indices the places in Split.Samples, of the N images.
	Labels  []int
	Indices []int
	// LabelSets are all classes of each image, nil where the set gives one label alone.
	LabelSets [][]int
	N         int
	// Skipped is the number of broken images, each with a *data.ImageError in
	// Broken: left out when not training, else each replaced by the next one of the epoch.
	Skipped int
	Broken  []error
	// Step is the batch's number in the epoch, from 0.
	Step int
	// Waited is how long the caller was kept waiting for this batch.
	Waited time.Duration
}

// Loader feeds a split in batches. It may be used for one epoch at a time.
type Loader struct {
	split *data.Split
	cfg   data.Config
	opts  Options
	norm  *pixels.Normalizer
	cache *cache
}

// New checks the options. It decodes nothing and starts nothing.
func New(split *data.Split, cfg data.Config, opts Options) (*Loader, error) {
	if opts.Batch < 1 {
		return nil, fmt.Errorf("loading %s: batch of %d images, want 1 or more", split.Name, opts.Batch)
	}
	if opts.Train && len(split.Samples) < opts.Batch {
		return nil, fmt.Errorf("loading %s: has %d images, less than one batch of %d", split.Name, len(split.Samples), opts.Batch)
	}
	if err := cfg.CheckPixels(); err != nil {
		return nil, fmt.Errorf("loading %s: %w", split.Name, err)
	}
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.CacheBytes < 0 {
		opts.CacheBytes = int64(cfg.CacheMB) << 20
	}
	return &Loader{split: split, cfg: cfg, opts: opts, norm: pixels.NewNormalizer(cfg.Mean, cfg.Std), cache: newCache(opts.CacheBytes)}, nil
}

// Steps is the number of batches an epoch.
func (l *Loader) Steps() int {
	n := len(l.split.Samples)
	if l.opts.Train {
		return n / l.opts.Batch
	}
	return (n + l.opts.Batch - 1) / l.opts.Batch
}

// Caches tells whether prepared images are kept between epochs.
func (l *Loader) Caches() bool { return l.opts.CacheBytes > 0 }

// Order gives the places in Split.Samples in the order of an epoch.
func (l *Loader) Order(epoch int) []int {
	if l.opts.Train {
		return seeded.Rand(seeded.Order, l.opts.Seed, uint64(epoch)).Perm(len(l.split.Samples))
	}
	all := make([]int, len(l.split.Samples))
	for i := range all {
		all[i] = i
	}
	return all
}

// fill makes the input of one slot of an epoch's order. When a training image
// is broken and may be skipped, the next one in the order takes its place, with
// an augmentation of its own: a rule that needs no memory of earlier batches, so
// that an epoch can start at any step. broken lists what was met on the way.
func (l *Loader) fill(epoch int, order []int, slot int, dst []float32) (index int, broken []error, err error) {
	tries := 1
	if l.opts.Train && l.cfg.OnError == data.Skip {
		tries = len(order)
	}
	for try := range tries {
		index = order[(slot+try)%len(order)]
		err := l.input(epoch, index, try, dst)
		if err == nil {
			return index, broken, nil
		}
		broken = append(broken, &data.ImageError{Index: index, Path: l.split.Samples[index].Path, Err: err})
		if l.cfg.OnError != data.Skip {
			return index, broken, broken[0]
		}
	}
	if l.opts.Train {
		return index, broken, fmt.Errorf("loading %s: no image can be read: %w", l.split.Name, broken[0])
	}
	return -1, broken, nil
}

// input makes one sample's input, from the cache where it is there.
func (l *Loader) input(epoch, index, try int, dst []float32) error {
	p, ok := l.cache.get(index)
	if !ok {
		img, err := pixels.Load(l.split.Samples[index].Path, !l.split.Stored)
		if err != nil {
			return err
		}
		prepare := prepareTest
		if l.opts.Train {
			prepare = prepareTrain
		}
		if p, err = prepare(l.cfg, img); err != nil {
			return fmt.Errorf("%s: %w", l.split.Samples[index].Path, err)
		}
		l.cache.put(index, p)
	}
	if !l.opts.Train {
		return l.norm.Put(dst, p.resized, 0, 0, l.cfg.Input.Size, false)
	}
	rng := seeded.Rand(seeded.Sample, l.opts.Seed, uint64(epoch), uint64(index), uint64(try))
	return augment(l.cfg, l.norm, p, rng, dst)
}
