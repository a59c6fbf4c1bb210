// Package loader feeds a split of a data set to a network in batches. It decodes, augments and
// normalises images ahead of the caller, and keeps decoded images in memory between epochs.
package loader

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"runtime"
	"time"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/data/seeded"
	"acol/internal/regular"
)

// Options say how a loader makes batches. How it makes pixels is for the configuration to say.
type Options struct {
	// Batch is the number of images in a batch.
	Batch int
	// Part is the share of each batch that is made, where several processes share the batches out.
	// The zero value is all of it.
	Part Part
	// Partners names images of other parts that each batch holds too. Its zero value names none.
	// They are for training.
	Partners Partners
	// Workers is the number of goroutines that decode and augment; 0 means one for each
	// processor. The batches do not depend on it.
	Workers int
	// Seed fixes the order and the augmentation.
	Seed uint64
	// Train asks for a training epoch: shuffled, augmented, and without the last, smaller batch.
	// Otherwise the images come in the order of the split, all of them, without augmentation.
	Train bool
	// Bytes asks for batches of bytes, for a network that normalises them. Erasing, which works on
	// normalised values, has batches be of these all the same; see Loader.Norm.
	Bytes bool
	// CacheBytes bounds the memory for prepared images. If it is negative, data.cache_mb does.
	CacheBytes int64
}

// Part is the images [From,To) of each batch, by their places in it.
type Part struct{ From, To int }

// Partners names images of a batch by their places in it, at most so many.
type Partners struct {
	Most int
	Of   func(epoch, step int) []int // nil names none
}

// of names those of a step.
func (p Partners) of(epoch, step int) []int {
	if p.Of == nil {
		return nil
	}
	return p.Of(epoch, step)
}

// Images are images as inputs of a network, and what they show.
type Images struct {
	pixels.Inputs
	// Labels are the class indices of the images.
	Labels []int
	// Indices are the places of the images in Split.Samples.
	Indices []int
	// LabelSets are all class indices of each image; an element is nil in a data set whose images
	// have one label each.
	LabelSets [][]int
}

// part are the images from one up to before another, which may be beyond those that m has, within
// its capacity.
func (m Images) part(from, to int) Images {
	return Images{
		Inputs: m.Range(from, to), Labels: m.Labels[:cap(m.Labels)][from:to],
		Indices: m.Indices[:cap(m.Indices)][from:to], LabelSets: m.LabelSets[:cap(m.LabelSets)][from:to],
	}
}

// Batch is N images, or those of a part of a batch. Its slices are used again for a later batch:
// they hold until the caller asks for the next one.
type Batch struct {
	Images
	// N is the number of images.
	N int
	// First is the place of the first of them in the whole batch, which is of Whole images.
	First, Whole int
	// Partners are the images that Options.Partners named, and Places their places in the whole
	// batch.
	Partners Images
	Places   []int
	// Skipped is the number of broken images. In training, the next image of the epoch stands in
	// for each; otherwise they are left out.
	Skipped int
	// Broken has a *data.ImageError for each of the broken images.
	Broken []error
	// Step is the number of the batch in the epoch, from 0.
	Step int
	// Waited is how long the caller waited for this batch.
	Waited time.Duration
}

// Loader makes batches of a split. It makes one epoch at a time.
type Loader struct {
	split *data.Split
	cfg   data.Config
	opts  Options
	norm  *pixels.Normalizer
	cache *cache
	room  *pixels.Room
}

// New makes a loader. It checks the options and the configuration, but decodes nothing yet.
func New(split *data.Split, cfg data.Config, opts Options) (*Loader, error) {
	if opts.Batch < 1 {
		return nil, fmt.Errorf("loading %s: batch of %d images, want 1 or more", split.Name, opts.Batch)
	}
	if opts.Part == (Part{}) {
		opts.Part.To = opts.Batch
	}
	if p := opts.Part; p.From < 0 || p.From >= p.To || p.To > opts.Batch {
		return nil, fmt.Errorf("loading %s: images %d to %d of batches of %d",
			split.Name, p.From, p.To, opts.Batch)
	}
	if opts.Train && len(split.Samples) < opts.Batch {
		return nil, fmt.Errorf("loading %s: has %d images, less than one batch of %d",
			split.Name, len(split.Samples), opts.Batch)
	}
	if opts.Partners.Of != nil && !opts.Train {
		return nil, fmt.Errorf("loading %s: partners of images that are not trained on", split.Name)
	}
	if err := cfg.CheckPixels(); err != nil {
		return nil, fmt.Errorf("loading %s: %w", split.Name, err)
	}
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.Train && cfg.Augment.Erasing.On() {
		opts.Bytes = false
	}
	if opts.CacheBytes < 0 {
		opts.CacheBytes = int64(cfg.CacheMB) << 20
	}
	return &Loader{
		split: split, cfg: cfg, opts: opts,
		norm: cfg.Normalizer(), cache: newCache(opts.CacheBytes),
		room: cfg.Room(),
	}, nil
}

// Norm normalises the batches where they are bytes. It is nil where they are normalised.
func (l *Loader) Norm() *pixels.Normalizer {
	if l.opts.Bytes {
		return l.norm
	}
	return nil
}

// Steps gives the number of batches in an epoch.
func (l *Loader) Steps() int {
	n := len(l.split.Samples)
	if l.opts.Train {
		return n / l.opts.Batch
	}
	return (n + l.opts.Batch - 1) / l.opts.Batch
}

// Caches reports whether prepared images are kept between epochs.
func (l *Loader) Caches() bool { return l.opts.CacheBytes > 0 }

// Order gives the places of the images in Split.Samples, in the order of an epoch.
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

// fill makes the input of one slot, a place in the order of an epoch, and gives the place of its
// image in Split.Samples. If a training image is broken and may be skipped, the next one in the
// order stands in, with an augmentation of its own. This rule needs no memory of earlier batches,
// so that an epoch can begin at any step. broken has the errors of the images that were skipped.
// Outside of training, index is -1 if the image is skipped.
func (l *Loader) fill(
	ctx context.Context, epoch int, order []int, slot int, dst pixels.Inputs,
) (index int, broken []error, err error) {
	tries := 1
	if l.opts.Train && l.cfg.OnError == data.Skip {
		tries = len(order)
	}
	for try := range tries {
		index = order[(slot+try)%len(order)]
		err := l.input(ctx, epoch, index, try, dst)
		if err == nil || ctx.Err() != nil || regular.Lacking(err) {
			return index, broken, err
		}
		path := l.split.Samples[index].Path
		broken = append(broken, &data.ImageError{Index: index, Path: path, Err: err})
		if l.cfg.OnError != data.Skip {
			return index, broken, broken[0]
		}
	}
	if l.opts.Train {
		return index, broken, fmt.Errorf("loading %s: no image can be read: %w", l.split.Name, broken[0])
	}
	return -1, broken, nil
}

// input makes the input of one sample, from the cache if that has it. try counts the images that
// were broken before it, so that each augmentation is different.
func (l *Loader) input(ctx context.Context, epoch, index, try int, dst pixels.Inputs) error {
	var rng *rand.Rand
	if l.opts.Train {
		rng = seeded.Rand(seeded.Sample, l.opts.Seed, uint64(epoch), uint64(index), uint64(try))
	}
	if p, ok := l.cache.get(index); ok {
		return l.put(p, rng, dst)
	}
	if done, err := l.stream(index, rng, dst); done || err != nil {
		return err
	}
	path := l.split.Samples[index].Path
	return l.room.Load(ctx, path, !l.split.Stored, func(img image.Image) error {
		prepare := prepareTest
		if l.opts.Train {
			prepare = prepareTrain
		}
		p, err := prepare(l.cfg, img)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		l.cache.put(index, p)
		return l.put(p, rng, dst)
	})
}

// put makes the input of what is prepared of a sample, with a crop that rng draws in training.
func (l *Loader) put(p prepared, rng *rand.Rand, dst pixels.Inputs) error {
	if !l.opts.Train {
		return dst.Put(p.resized, 0, 0, false)
	}
	return crop(l.cfg, p, rng, dst)
}

// stream is input for a file that is resized while it is decoded. Where the cache is full, only the
// crop is. It has not drawn from rng where it is not done.
func (l *Loader) stream(index int, rng *rand.Rand, dst pixels.Inputs) (done bool, err error) {
	keep, crops := l.cache.open(), false
	place := testPlace(l.cfg)
	switch {
	case l.opts.Train && !keep:
		place, crops = cropPlace(l.cfg, rng), true
	case l.opts.Train && l.cfg.Augment.Crop == data.CropResized:
		return false, nil // the cache wants the whole image
	case l.opts.Train:
		place = trainPlace(l.cfg)
	}
	sample := &l.split.Samples[index]
	m, err := pixels.Stream(sample.Path, !l.split.Stored, l.cfg.Input.Scaled, place)
	if m == nil || err != nil {
		return false, err
	}
	if crops {
		return true, finish(l.cfg, m, image.Point{}, rng, dst)
	}
	p := prepared{resized: m}
	l.cache.put(index, p)
	return true, l.put(p, rng, dst)
}
