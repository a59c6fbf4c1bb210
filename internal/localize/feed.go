package localize

import (
	"context"
	"fmt"
	"image"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/parallel"
)

// Source is an image of a stream. Need and Load may be called from several goroutines, Load more
// than once: a picture is read again where there is no memory to keep it until it is drawn.
type Source struct {
	// Name is what errors call the image.
	Name string
	// Need says what the upright picture takes without decoding it, so that memory for it can be
	// reserved. An error is the image's.
	Need func() (pixels.Need, error)
	// Load decodes the picture, upright.
	Load func() (image.Image, error)
}

// File is the source of an image file, with EXIF orientation applied.
func File(path string) Source {
	return Source{
		Name: path,
		Need: func() (pixels.Need, error) { return pixels.Measure(path, true) },
		Load: func() (image.Image, error) { return pixels.Load(path, true) },
	}
}

// Failed is the source of an image that is known to be unreadable: its item carries the error.
func Failed(name string, err error) Source {
	return Source{Name: name, Need: func() (pixels.Need, error) { return pixels.Need{}, err }}
}

// Item is an image of a stream, with its Result or with the error that it failed with.
type Item struct {
	Source
	// Index is the image's place among the sources of the stream.
	Index  int
	Result *Result
	Err    error

	feeder   *feeder
	need     pixels.Need
	geometry pixels.Geometry
	photo    image.Image // nil where it is to be read again
	letGo    func()      // of the memory of photo
}

// Picture gives use the decoded picture, which use may change, and lets it go afterwards. It waits
// until the pictures in use leave room for this one, so that pictures of many images may be drawn
// in parallel.
func (it *Item) Picture(use func(image.Image) error) error {
	const drawn = 4 // bytes of a pixel that is drawn beside it
	room := it.need.Kept + drawn*int64(it.need.Width)*int64(it.need.Height)
	done, err := it.feeder.work.Claim(context.Background(), max(it.need.Bytes, room))
	if err != nil {
		return fmt.Errorf("drawing %s: %w", it.Name, err)
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
		it.letGo()
	}
}

// Batch is the images that went through the network together, in the order of the sources.
type Batch struct {
	Items []*Item

	workers int
	in      pixels.Inputs // those of images with an Err are undefined
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
	norm    *pixels.Normalizer
	bytes   bool         // inputs are bytes
	work    *pixels.Room // for what is being decoded or drawn
	kept    *pixels.Room // for what waits between the two; beyond it an image is read twice
}

func newFeeder(cfg data.Config, workers int, bytes bool) *feeder {
	work := cfg.Room()
	return &feeder{
		cfg: cfg, workers: workers, norm: cfg.Normalizer(), bytes: bytes,
		work: work, kept: pixels.NewRoom(work.Bytes() / 4),
	}
}

// inputs makes room for n inputs.
func (f *feeder) inputs(n int) pixels.Inputs {
	return pixels.NewInputs(n, f.cfg.Input.Size, f.norm, f.bytes)
}

// feed sends the sources in batches of n, in order, until ctx is done. A batch's inputs hold until
// the next one is received.
func (f *feeder) feed(ctx context.Context, sources []Source, n int) <-chan *Batch {
	out := make(chan *Batch)
	rooms := [2]pixels.Inputs{f.inputs(n), f.inputs(n)}
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

// batch decodes sources from up to before to into inputs.
func (f *feeder) batch(
	ctx context.Context, sources []Source, from, to int, in pixels.Inputs,
) *Batch {
	b := &Batch{in: in, workers: f.workers}
	for i := from; i < to; i++ {
		b.Items = append(b.Items, &Item{Source: sources[i], Index: i, feeder: f})
	}
	parallel.Each(f.workers, len(b.Items), func(i int) {
		b.Items[i].Err = f.decode(ctx, b.Items[i], in.Range(i, i+1))
	})
	return b
}

// decode fills an image's input and keeps the picture if there is room.
func (f *feeder) decode(ctx context.Context, it *Item, in pixels.Inputs) error {
	var err error
	if it.need, err = it.Need(); err != nil {
		return err
	}
	it.geometry = pixels.Geometry{Width: it.need.Width, Height: it.need.Height}
	done, err := f.work.Claim(ctx, it.need.Bytes)
	if err != nil {
		return fmt.Errorf("decoding %s: %w", it.Name, err)
	}
	defer done()
	img, err := it.Load()
	if err != nil {
		return err
	}
	if it.geometry, err = data.TestInput(f.cfg, img, in); err != nil {
		return fmt.Errorf("%s: %w", it.Name, err)
	}
	if letGo, ok := f.kept.TryClaim(it.need.Kept); ok {
		it.photo, it.letGo = img, letGo
	}
	return nil
}
