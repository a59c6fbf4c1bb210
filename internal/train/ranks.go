package train

import (
	"context"
	"errors"
	"fmt"

	"acol/internal/data/loader"
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/mpi"
)

// Ranks is the train.ranks section of a recipe: what processes do that mpirun or srun started to
// train together (docs/cluster.md), and several devices of one process (docs/devices.md).
type Ranks struct {
	// SyncNorm says whether batch norms use the statistics of the whole batch. PyTorch's
	// SyncBatchNorm does so; it costs two exchanges a layer in each direction. Otherwise each
	// process, and each of several devices, uses those of its own images, as PyTorch's
	// DistributedDataParallel leaves it, and the running averages are of all.
	SyncNorm bool `mapstructure:"sync_norm"`
	// TimeoutMinutes is how long a process waits for the others; 0 is for ever. Then it ends all of
	// them, because one hangs.
	TimeoutMinutes float64 `mapstructure:"timeout_minutes"`
}

func (r Ranks) validate(bad func(key, msg string)) {
	if !(r.TimeoutMinutes >= 0 && r.TimeoutMinutes <= maxSaveMinutes) {
		bad("ranks.timeout_minutes",
			fmt.Sprintf("%g is not in 0 to %d; 0 waits for ever", r.TimeoutMinutes, maxSaveMinutes))
	}
}

// PartOf returns the images of each batch that a rank trains on, which so many devices share out,
// as in each rank. More ranks than images are an error, and so is a batch that the devices of all
// ranks cannot share out equally.
func (c Config) PartOf(w *mpi.World, devices int) (loader.Part, error) {
	if n := w.Size(); n > c.BatchSize {
		return loader.Part{}, fmt.Errorf("train.batch_size: %d is less than an image for each of %d processes",
			c.BatchSize, n)
	}
	if unit := w.Size() * devices; devices > 1 && c.BatchSize%unit > 0 {
		of := ""
		if n := w.Size(); n > 1 {
			of = fmt.Sprintf("%d processes of ", n)
		}
		return loader.Part{}, fmt.Errorf("train.batch_size: %d images cannot be shared out equally "+
			"to %s%d devices: take a multiple of %d, such as %d", c.BatchSize, of, devices, unit,
			max(c.BatchSize/unit, 1)*unit)
	}
	from, to := w.Part(c.BatchSize)
	return loader.Part{From: from, To: to}, nil
}

// Loading are the options of a loader of the images of size x size that are a part of each batch.
// Where batches are mixed, it has those of other parts too that they are mixed with.
func (c Config) Loading(part loader.Part, size int) loader.Options {
	return loader.Options{
		Batch: c.BatchSize, Part: part, Partners: c.partners(part, size), Workers: c.Workers,
		Seed: c.Seed, Train: true, CacheBytes: -1,
	}
}

// partners are the images that those of a part are mixed with in each step. They are of other
// parts, and decoded once more, so that batches are mixed as one process mixes them.
func (c Config) partners(part loader.Part, size int) loader.Partners {
	most := c.MostPartners(part)
	if most == 0 {
		return loader.Partners{}
	}
	return loader.Partners{Most: most, Of: func(epoch, step int) []int {
		m, ok := c.drawMix(c.BatchSize, size, epoch, step)
		if !ok {
			return nil
		}
		var out []int
		for _, place := range m.Of[part.From:part.To] {
			if place < part.From || place >= part.To {
				out = append(out, place)
			}
		}
		return out
	}}
}

// MostPartners is the most images of other parts of a batch that those of a part are mixed with.
func (c Config) MostPartners(part loader.Part) int {
	own := part.To - part.From
	switch others := c.BatchSize - own; {
	case c.CutMix.Probability > 0:
		return min(own, others)
	case c.MixUp.Probability > 0:
		return min(1, others)
	}
	return 0
}

// part says how ranks, and the devices of this one, share out a batch; nil where one device has all
// of it.
func (c Config) part(e *engine.Engine, w *mpi.World) *model.Part {
	if w.Size() == 1 && e.Devices() == 1 {
		return nil
	}
	p := &model.Part{Images: c.BatchSize, SyncNorm: c.Ranks.SyncNorm, Devices: e.Devices()}
	if w.Size() > 1 {
		e.Join(w.Sum)
		p.Sum = w.SumFloats
	}
	return p
}

// batchSums are what the ranks sum up of a batch.
type batchSums struct {
	losses                   []float64
	correct, images, skipped int
	stop                     bool // some rank was told to stop
}

// join makes the sums of this rank's part of a batch those of the batch.
func (r *run) join(b *batchSums) error {
	if r.World.Size() == 1 {
		return nil
	}
	x := append([]float64{
		float64(b.correct), float64(b.images), float64(b.skipped), 0,
	}, b.losses...)
	if b.stop {
		x[3] = 1
	}
	if err := r.World.SumFloats(x); err != nil {
		return err
	}
	b.correct, b.images, b.skipped, b.stop = int(x[0]), int(x[1]), int(x[2]), x[3] > 0
	copy(b.losses, x[4:])
	return nil
}

// stopped reports whether the training was told to stop. Of several ranks all say the same.
func (r *run) stopped(ctx context.Context) bool {
	if r.World.Size() == 1 {
		return ctx.Err() != nil
	}
	return r.stop
}

// tellBroken tells of images that any rank could not read, of which there are some.
func (r *run) tellBroken(broken []error) error {
	words := make([]string, len(broken))
	for i, err := range broken {
		words[i] = err.Error()
	}
	all, err := mpi.Gather(r.World, words)
	if err != nil {
		return err
	}
	for rank, words := range all {
		if rank == r.World.Rank() {
			for _, err := range broken {
				r.Observers.Broken(err)
			}
			continue
		}
		for _, text := range words {
			r.Observers.Broken(errors.New(text))
		}
	}
	return nil
}

// agree is an error where ranks do not stand at the same step with the same weights to the bit.
func (r *run) agree() error {
	if r.World.Size() == 1 {
		return nil
	}
	sd, err := r.Model.State()
	if err != nil {
		return err
	}
	all, err := mpi.Gather(r.World, fmt.Sprintf("epoch %d step %d, weights %s",
		r.at.Epoch, r.at.Step, sd.Sum()))
	if err != nil {
		return err
	}
	for rank, other := range all {
		if other != all[0] {
			return fmt.Errorf("training, epoch %d step %d: rank %d has other weights than rank 0: "+
				"different machines, builds or damaged memory", r.at.Epoch+1, r.at.Step, rank)
		}
	}
	return nil
}
