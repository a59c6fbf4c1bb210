package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"acol/internal/data/loader"
	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
	"acol/internal/run"
	"acol/internal/train"
)

// tolRanks is how far the loss of an epoch may be from one process's, relative to it: sums in
// another order, which twenty steps magnify.
const tolRanks = 1e-4

// fine gives a training a network with larger maps, on which batch norm is less nervous, and ten
// epochs of two steps.
func fine(t *testing.T, tr *train.Trainer, freeze bool) {
	t.Helper()
	mc := tr.Model.Config()
	mc.Backbone.OutputStride, mc.Backbone.FreezeBN = 8, freeze
	m, err := model.New(mc, tr.Model.Classes())
	if err != nil {
		t.Fatal(err)
	}
	m.Init(5)
	tr.Model = m
	tr.Config.Epochs, tr.Config.BatchSize, tr.Config.Ranks.SyncNorm = 10, 6, true
}

// onRanks trains into dir on n ranks. set changes the configuration, and stop is after how many
// steps rank 0 is told to stop; 0 is never.
func (w world) onRanks(
	t *testing.T, n int, dir string, resume bool, stop int, set func(*train.Trainer),
) error {
	t.Helper()
	trainers := make([]*train.Trainer, n)
	for r := range n {
		tr := w.trainer(t, dir, 5)
		tr.Engine, tr.Resume = enginetest.Open(t, enginetest.OneThread), resume
		if r > 0 {
			tr.Store = run.Folder(dir).Reader()
		}
		if resume {
			tr.Model.Init(99) // must not matter
		}
		set(tr)
		trainers[r] = tr
	}
	trainers[0].Store = w.stores[dir]
	var stopped atomic.Bool
	mpitest.Run(t, n, func(ranks *mpi.World) error {
		tr := trainers[ranks.Rank()]
		tr.World = ranks
		part, err := tr.Config.PartOf(ranks, tr.Engine.Devices())
		if err != nil {
			return err
		}
		tr.Loader, err = loader.New(w.split, w.data, tr.Config.Loading(part, w.data.Input.Size))
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		if ranks.Rank() == 0 && stop > 0 {
			tr.Observers = train.Observers{&stopper{stop, cancel}}
		}
		err = tr.Run(ctx)
		if errors.Is(err, train.ErrInterrupted) {
			stopped.Store(true)
			return nil
		}
		return err
	})
	if stopped.Load() {
		return train.ErrInterrupted
	}
	return nil
}

func TestRanksTrainAsOneProcess(t *testing.T) {
	w := newWorld(t)
	ways := map[string]func(*train.Trainer){
		"hidden, cut, blended": func(tr *train.Trainer) {
			mc := tr.Model.Config()
			mc.Backbone.OutputStride, mc.Branches.Kinds, mc.Branches.Deltas = 8, "p", nil
			m, err := model.New(mc, tr.Model.Classes())
			if err != nil {
				t.Fatal(err)
			}
			m.Init(5)
			tr.Model = m
			tr.Config.Epochs, tr.Config.BatchSize, tr.Config.Ranks.SyncNorm = 5, 5, true
			tr.Config.HideAndSeek = train.HideAndSeek{Grids: []int{0, 8}, Rate: 0.5}
			tr.Config.CutMix = train.CutMix{Probability: 0.8, Beta: 1}
			tr.Config.MixUp = train.MixUp{Probability: 1, Alpha: 0.4}
		},
		"synchronised norms": func(tr *train.Trainer) { fine(t, tr, false) },
		"frozen norms":       func(tr *train.Trainer) { fine(t, tr, true) },
		"accumulated, averaged, clipped": func(tr *train.Trainer) {
			fine(t, tr, false)
			tr.Config.BatchSize, tr.Config.Accumulate = 4, 3
			tr.Config.EMA.Decay, tr.Config.ClipNorm = 0.9, 0.5
		},
	}
	for name, set := range ways {
		var want []train.EpochRecord
		for _, n := range []int{1, 2, 3} {
			dir := t.TempDir()
			if err := w.onRanks(t, n, dir, false, 0, set); err != nil {
				t.Fatal(err)
			}
			got := records(t, dir)
			if n == 1 {
				want = got
				continue
			}
			for i, r := range got {
				for b, l := range r.Losses {
					if d := math.Abs(l - want[i].Losses[b]); d > tolRanks*want[i].Losses[b] {
						t.Errorf("%s: %d ranks: loss %d of epoch %d is %g, want %g", name, n, b, i+1, l, want[i].Losses[b])
					}
				}
				if r.Images != want[i].Images || r.Steps != want[i].Steps {
					t.Errorf("%s: %d ranks: epoch %d has %d images in %d steps", name, n, i+1, r.Images, r.Steps)
				}
			}
		}
	}
}

// Norms of each rank's own images give other losses, but on all ranks the same weights.
func TestRanksRepeatThemselvesAndResumeToTheBit(t *testing.T) {
	w := newWorld(t)
	own := func(tr *train.Trainer) {
		fine(t, tr, false)
		tr.Config.Epochs, tr.Config.Ranks.SyncNorm = 3, false
	}
	whole, again := t.TempDir(), t.TempDir()
	for _, dir := range []string{whole, again} {
		if err := w.onRanks(t, 3, dir, false, 0, own); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(bits(t, whole), bits(t, again)) || !sameRecords(records(t, whole), records(t, again)) {
		t.Error("two trainings on three ranks differ")
	}
	for _, steps := range []int{1, 3} {
		dir := t.TempDir()
		if err := w.onRanks(t, 3, dir, false, steps, own); !errors.Is(err, train.ErrInterrupted) {
			t.Fatalf("told to stop after %d steps: %v", steps, err)
		}
		if err := w.onRanks(t, 3, dir, true, 0, own); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(t, whole), bits(t, dir)) {
			t.Errorf("interrupted after %d steps and resumed: other weights than without", steps)
		}
	}
	dir := t.TempDir() // another number of ranks goes on too, with the same images
	if err := w.onRanks(t, 3, dir, false, 3, own); !errors.Is(err, train.ErrInterrupted) {
		t.Fatal(err)
	}
	if err := w.onRanks(t, 2, dir, true, 0, own); err != nil {
		t.Fatal(err)
	}
	if got := records(t, dir); len(got) != 3 || got[2].Images != 12 {
		t.Errorf("resumed by two ranks: %+v", got)
	}
}

// Of ranks one may be told to stop, and the validation tells all of them.
func TestRanksThatStopInTheValidationResumeToTheBit(t *testing.T) {
	w := newWorld(t)
	train2 := func(dir string, resume bool, validate func(context.Context) (train.Validation, error)) error {
		return w.onRanks(t, 2, dir, resume, 0, func(tr *train.Trainer) {
			fine(t, tr, false)
			tr.Config.Epochs, tr.Validate = 2, validate
		})
	}
	measured := func(context.Context) (train.Validation, error) { return train.Validation{Top1: 50}, nil }
	whole, parts := t.TempDir(), t.TempDir()
	if err := train2(whole, false, measured); err != nil {
		t.Fatal(err)
	}
	err := train2(parts, false, func(context.Context) (train.Validation, error) {
		return train.Validation{}, fmt.Errorf("another rank: %w", context.Canceled)
	})
	if !errors.Is(err, train.ErrInterrupted) {
		t.Fatalf("stopped in the validation: %v", err)
	}
	if err := train2(parts, true, measured); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(t, whole), bits(t, parts)) || !sameRecords(records(t, whole), records(t, parts)) {
		t.Error("stopped in the validation and resumed: another result than without")
	}
}

// Parts of 3 and of 2 images unbias their variances each by its own number.
func TestUnevenPartsKeepTheSameRunningAverages(t *testing.T) {
	w := newWorld(t)
	err := w.onRanks(t, 2, t.TempDir(), false, 0, func(tr *train.Trainer) {
		fine(t, tr, false)
		tr.Config.Epochs, tr.Config.BatchSize, tr.Config.Ranks.SyncNorm = 2, 5, false
	})
	if err != nil {
		t.Error(err)
	}
}

func TestABatchThatCannotBeSharedOutIsRefused(t *testing.T) {
	cfg := train.DefaultConfig()
	for _, c := range []struct {
		images, ranks, devices int
		want                   string
	}{
		{2, 3, 1, "train.batch_size: 2 is less than an image for each of 3 processes"},
		{30, 1, 4, "train.batch_size: 30 images cannot be shared out equally to 4 devices: " +
			"take a multiple of 4, such as 28"},
		{30, 2, 2, "train.batch_size: 30 images cannot be shared out equally to 2 processes of " +
			"2 devices: take a multiple of 4, such as 28"},
		{3, 1, 4, "train.batch_size: 3 images cannot be shared out equally to 4 devices: " +
			"take a multiple of 4, such as 4"},
		{28, 2, 7, "<nil>"},
	} {
		cfg.BatchSize = c.images
		_, err := cfg.PartOf(mpi.New(0, c.ranks, nil), c.devices)
		if fmt.Sprint(err) != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}
