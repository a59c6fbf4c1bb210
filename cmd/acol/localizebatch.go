package main

import (
	"context"
	"fmt"
	"image"
	"runtime"

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

// shot is an image on its way through the network.
type shot struct {
	source
	geometry pixels.Geometry
	photo    image.Image // nil where it is to be read again
	logits   []float32   // of the first branch
	maps     []*classMap
}

func (s *shot) pixels() int64 { return int64(s.geometry.Width) * int64(s.geometry.Height) }

// shots are a batch: x is (n,3,S,S). The rows of images with an Err are undefined.
type shots struct {
	list []*shot
	x    []float32
}

// feeder decodes images in batches, one batch ahead of who uses them.
type feeder struct {
	cfg     data.Config
	workers int
	work    *semaphore.Weighted
	kept    *semaphore.Weighted
}

func newFeeder(cfg data.Config, workers int) *feeder {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &feeder{cfg: cfg, workers: workers, work: semaphore.NewWeighted(workPixels), kept: semaphore.NewWeighted(keptPixels)}
}

// feed sends the inputs in batches of n, in order, until ctx is done. A batch's x
// holds until the next one is received.
func (f *feeder) feed(ctx context.Context, inputs []source, n int) <-chan *shots {
	out := make(chan *shots)
	side := f.cfg.Input.Size
	var rooms [2][]float32
	for i := range rooms {
		rooms[i] = make([]float32, n*3*side*side)
	}
	go func() {
		defer close(out)
		for i := 0; len(inputs) > 0; i++ {
			b := f.batch(ctx, inputs[:min(n, len(inputs))], rooms[i%2])
			inputs = inputs[len(b.list):]
			select {
			case out <- b:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// batch decodes inputs into x.
func (f *feeder) batch(ctx context.Context, inputs []source, x []float32) *shots {
	b := &shots{x: x}
	for _, in := range inputs {
		b.list = append(b.list, &shot{source: in})
	}
	per := 3 * f.cfg.Input.Size * f.cfg.Input.Size
	parallel.Each(f.workers, len(b.list), func(i int) {
		s := b.list[i]
		if s.Err == nil {
			s.Err = f.decode(ctx, s, x[i*per:][:per])
		}
	})
	return b
}

// decode fills an image's row of the batch and keeps the picture if there is room.
func (f *feeder) decode(ctx context.Context, s *shot, x []float32) error {
	w, h, err := pixels.Size(s.Path, true)
	if err != nil {
		return err
	}
	s.geometry = pixels.Geometry{Width: w, Height: h}
	done, err := f.claim(ctx, s.pixels())
	if err != nil {
		return err
	}
	defer done()
	img, err := pixels.Load(s.Path, true)
	if err != nil {
		return err
	}
	if s.geometry, err = data.TestInput(f.cfg, img, x); err != nil {
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	if f.kept.TryAcquire(s.pixels()) {
		s.photo = img
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

// picture gives use the image of a shot, and lets it go then.
func (f *feeder) picture(s *shot, use func(image.Image) error) error {
	done, err := f.claim(context.Background(), s.pixels())
	if err != nil {
		return err
	}
	defer done()
	if s.photo != nil {
		defer f.kept.Release(s.pixels())
		img := s.photo
		s.photo = nil
		return use(img)
	}
	img, err := pixels.Load(s.Path, true)
	if err != nil {
		return err
	}
	if img.Bounds().Dx() != s.geometry.Width || img.Bounds().Dy() != s.geometry.Height {
		return fmt.Errorf("%s changed while it was looked at", s.Path)
	}
	return use(img)
}
