package loader

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"acol/internal/data/pixels"
)

// Ahead is the number of batches that exist at a time: filled by the workers, waiting, or in use
// by the caller.
const Ahead = 3

// buffer is a batch that the workers fill, a slot for each image.
type buffer struct {
	Batch
	indices []int     // by slot; -1 where the image is left out
	broken  [][]error // by slot
	errs    []error   // by slot
	pending atomic.Int32
	full    chan struct{}
}

// Epoch yields the batches of an epoch, in order, from a step on, and prepares them ahead of the
// caller. What it yields is a pure function of the split, the configuration, the seed, the epoch
// and the step; images of the steps before are not decoded. It ends after the last batch, or by
// yielding an error: that of the context, or of the first broken image if on_error is fail. When
// the loop ends, for whatever reason, its goroutines have ended too.
func (l *Loader) Epoch(ctx context.Context, epoch, step int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if epoch < 0 || step < 0 || step > l.Steps() {
			yield(nil, fmt.Errorf("loading %s: epoch %d step %d is not in 0 to %d",
				l.split.Name, epoch, step, l.Steps()))
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		var wg sync.WaitGroup
		defer wg.Wait()
		defer cancel()
		ready, free := l.start(ctx, &wg, epoch, step)
		for range l.Steps() - step {
			b, err := next(ctx, ready)
			if err == nil {
				err = b.settle(l)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&b.Batch, nil) {
				return
			}
			free <- b
		}
	}
}

// next waits until the next batch is full.
func next(ctx context.Context, ready <-chan *buffer) (*buffer, error) {
	since := time.Now()
	var b *buffer
	select {
	case b = <-ready:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	select {
	case <-b.full:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	b.Waited = time.Since(since)
	return b, nil
}

// start starts the workers. Buffers come out of ready in the order of the steps, possibly before
// they are full, and the caller gives them back through free.
func (l *Loader) start(
	ctx context.Context, wg *sync.WaitGroup, epoch, step int,
) (ready, free chan *buffer) {
	type job struct {
		b    *buffer
		slot int
	}
	order := l.Order(epoch)
	jobs := make(chan job)
	ready, free = make(chan *buffer, Ahead), make(chan *buffer, Ahead)
	for range min(Ahead, l.Steps()-step) {
		free <- l.newBuffer()
	}
	wg.Go(func() {
		defer close(jobs)
		for s := step; s < l.Steps(); s++ {
			var b *buffer
			select {
			case b = <-free:
			case <-ctx.Done():
				return
			}
			b.reset(s, l.slots(len(order)-s*l.opts.Batch), l.opts.Partners.of(epoch, s))
			ready <- b
			for slot := range b.N + len(b.Places) {
				select {
				case jobs <- job{b, slot}:
				case <-ctx.Done():
					return
				}
			}
		}
	})
	for range l.opts.Workers {
		wg.Go(func() {
			for j := range jobs {
				b, i := j.b, j.slot
				place := b.Step*l.opts.Batch + b.place(i)
				b.indices[i], b.broken[i], b.errs[i] = l.fill(ctx, epoch, order, place, b.Range(i, i+1))
				if b.pending.Add(-1) == 0 {
					close(b.full)
				}
			}
		})
	}
	return ready, free
}

// slots gives the number of images that are made of a batch of so many, or of a whole one.
func (l *Loader) slots(images int) int {
	return max(0, min(l.opts.Part.To, images)-l.opts.Part.From)
}

// newBuffer makes a buffer for the part of a batch that is made.
func (l *Loader) newBuffer() *buffer {
	n := l.opts.Part.To - l.opts.Part.From + l.opts.Partners.Most
	return &buffer{
		Batch: Batch{
			Images: Images{
				Inputs: pixels.NewInputs(n, l.cfg.Input.Size, l.norm, l.opts.Bytes),
				Labels: make([]int, n), Indices: make([]int, n), LabelSets: make([][]int, n),
			},
			First: l.opts.Part.From, Whole: l.opts.Batch,
		},
		indices: make([]int, n), broken: make([][]error, n), errs: make([]error, n),
	}
}

// reset prepares the buffer for the n images of a step, and for partners at some places.
func (b *buffer) reset(step, n int, partners []int) {
	b.Step, b.N, b.Skipped, b.Broken, b.Places = step, n, 0, nil, partners
	b.full = make(chan struct{})
	b.pending.Store(int32(n + len(partners)))
}

// place is that of a slot's image in the whole batch. The slots of partners are behind the others.
func (b *buffer) place(slot int) int {
	if slot < b.N {
		return b.First + slot
	}
	return b.Places[slot-b.N]
}

// settle turns a full buffer into a batch. It gives the error of the first slot that has one, or
// closes the gaps that skipped images left.
func (b *buffer) settle(l *Loader) error {
	slots := b.N
	if err := b.join(l, slots); err != nil {
		return err
	}
	b.N = 0
	b.Images = b.part(0, slots)
	for i := range slots {
		if b.errs[i] != nil {
			return b.errs[i]
		}
		if len(b.broken[i]) > 0 { // the others that were met have slots of their own
			b.Broken = append(b.Broken, b.broken[i][0])
		}
		if b.indices[i] < 0 {
			continue
		}
		if b.N != i {
			b.Range(b.N, b.N+1).Copy(b.Range(i, i+1))
		}
		b.name(l, b.N, b.indices[i])
		b.N++
	}
	b.Skipped = len(b.Broken)
	b.Images = b.part(0, b.N)
	return nil
}

// name says that image i is the one at a place of the split.
func (m Images) name(l *Loader, i, index int) {
	sample := &l.split.Samples[index]
	m.Indices[i], m.Labels[i], m.LabelSets[i] = index, sample.Label, sample.Labels
}

// join sets the partners, whose slots begin at one. Those that were broken are told with the part
// of the batch that they belong to.
func (b *buffer) join(l *Loader, from int) error {
	b.Partners = b.part(from, from+len(b.Places))
	for i := range b.Places {
		if err := b.errs[from+i]; err != nil {
			return err
		}
		b.Partners.name(l, i, b.indices[from+i])
	}
	return nil
}
