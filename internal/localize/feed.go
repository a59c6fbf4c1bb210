package localize

import (
	"context"
	"fmt"
	"image"

	"golang.org/x/sync/semaphore"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/parallel"
)

// The pixels of decoded images that are in memory at once stay within these two
// bounds however many images there are. One image alone may be larger.
const (
	// workPixels are being decoded or drawn.
	workPixels = 32_000_000
	// keptPixels wait between the two; beyond it an image is read twice.
	keptPixels = 32_000_000
)

// Source is an image of a stream. Size and Load may be called from several goroutines, Load more
// than once: a picture is read again where there is no memory to keep it until it is drawn.
type Source struct {
	// Name is what errors call the image.
	Name string
	// Size gives the width and height of the upright picture in pixels without decoding it, so that
	// memory for it can be reserved. An error is the image's.
	Size func() (width, height int, err error)
	// Load decodes the picture, upright.
	Load func() (image.Image, error)
}

// File is the source of an image file, with a JPEG's EXIF orientation applied.
func File(path string) Source {
	return Source{
		Name: path,
		Size: func() (int, int, error) { return pixels.Size(path, true) },
		Load: func() (image.Image, error) { return pixels.Load(path, true) },
	}
}

// Failed is the source of an image that is known to be unreadable: its item carries the error.
func Failed(name string, err error) Source {
	return Source{Name: name, Size: func() (int, int, error) { return 0, 0, err }}
}

// Item is an image of a stream, with its Result or with the error that it failed with.
type Item struct {
	Source
	// Index is the image's place among the sources of the stream.
	Index  int
	Result *Result
	Err    error

	feeder   *feeder
	geometry pixels.Geometry
	photo    image.Image // nil where it is to be read again
}

func (it *Item) pixels() int64 { return int64(it.geometry.Width) * int64(it.geometry.Height) }

// Picture gives use the decoded picture and lets it go afterwards. It waits until the pictures
// in use leave room for this one, so that pictures of many images may be drawn in parallel.
func (it *Item) Picture(use func(image.Image) error) error {
	done, err := it.feeder.claim(context.Background(), it.pixels())
	if err != nil {
		return err
	}
	defer done()
	if it.photo != nil {
		defer it.drop()
		return use(it.photo)
	}
	img, err := it.Load()
	if err != nil {
		return err
	}
	if img.Bounds().Dx() != it.geometry.Width || img.Bounds().Dy() != it.geometry.Height {
		return fmt.Errorf("%s changed while it was looked at", it.Name)
	}
	return use(img)
}

// drop lets go of the picture.
func (it *Item) drop() {
	if it.photo != nil {
		it.photo = nil
		it.feeder.kept.Release(it.pixels())
	}
}

// Batch is the images that went through the network together, in the order of the sources.
type Batch struct {
	Items []*Item

	workers int
	x       []float32 // (n,3,S,S); the rows of images with an Err are undefined
}

// Each calls do for every item without an error, in parallel, and keeps the error that it returns
// as the item's.
func (b *Batch) Each(do func(*Item) error) {
	parallel.Each(b.workers, len(b.Items), func(i int) {
		if it := b.Items[i]; it.Err == nil {
			it.Err = do(it)
		}
	})
}

func (b *Batch) drop() {
	for _, it := range b.Items {
		it.drop()
	}
}

// feeder decodes images in batches, one batch ahead of who uses them.
type feeder struct {
	cfg     data.Config
	workers int
	work    *semaphore.Weighted
	kept    *semaphore.Weighted
}

func newFeeder(cfg data.Config, workers int) *feeder {
	return &feeder{
		cfg: cfg, workers: workers,
		work: semaphore.NewWeighted(workPixels), kept: semaphore.NewWeighted(keptPixels),
	}
}

// feed sends the sources in batches of n, in order, until ctx is done. A batch's x
// holds until the next one is received.
func (f *feeder) feed(ctx context.Context, sources []Source, n int) <-chan *Batch {
	out := make(chan *Batch)
	side := f.cfg.Input.Size
	var rooms [2][]float32
	for i := range rooms {
		rooms[i] = make([]float32, n*3*side*side)
	}
	go func() {
		defer close(out)
		for i := 0; i*n < len(sources); i++ {
			b := f.batch(ctx, sources, i*n, min(i*n+n, len(sources)), rooms[i%2])
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// batch decodes sources from up to before to into x.
func (f *feeder) batch(ctx context.Context, sources []Source, from, to int, x []float32) *Batch {
	b := &Batch{x: x, workers: f.workers}
	for i := from; i < to; i++ {
		b.Items = append(b.Items, &Item{Source: sources[i], Index: i, feeder: f})
	}
	per := 3 * f.cfg.Input.Size * f.cfg.Input.Size
	parallel.Each(f.workers, len(b.Items), func(i int) {
		b.Items[i].Err = f.decode(ctx, b.Items[i], x[i*per:][:per])
	})
	return b
}

// decode fills an image's row of the batch and keeps the picture if there is room.
func (f *feeder) decode(ctx context.Context, it *Item, x []float32) error {
	w, h, err := it.Size()
	if err != nil {
		return err
	}
	it.geometry = pixels.Geometry{Width: w, Height: h}
	done, err := f.claim(ctx, it.pixels())
	if err != nil {
		return err
	}
	defer done()
	img, err := it.Load()
	if err != nil {
		return err
	}
	if it.geometry, err = data.TestInput(f.cfg, img, x); err != nil {
		return fmt.Errorf("%s: %w", it.Name, err)
	}
	if f.kept.TryAcquire(it.pixels()) {
		it.photo = img
	}
	return nil
}

// claim waits until so many pixels may be worked on.
func (f *feeder) claim(ctx context.Context, pixels int64) (done func(), err error) {
	n := min(pixels, workPixels)
	if err := f.work.Acquire(ctx, n); err != nil {
		return nil, err
	}
	return func() { f.work.Release(n) }, nil
}
