package train_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/run"
	"acol/internal/train"
)

// dealt trains on ranks with so many devices each, of the kernels that one process has too.
func (w world) dealt(t *testing.T, ranks, devices int, set func(*train.Trainer)) string {
	t.Helper()
	dir := t.TempDir()
	if err := w.onRanks(t, ranks, dir, false, 0, w.on(t, devices, set)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// on gives trainers so many devices; 0 is a processor.
func (w world) on(
	t *testing.T, devices int, set func(*train.Trainer),
) func(*train.Trainer) {
	return func(tr *train.Trainer) {
		set(tr)
		tr.Engine = enginetest.Open(t, enginetest.Portable)
		if devices > 0 {
			tr.Engine = enginetest.Devices(t, devices)
		}
	}
}

// sameTrainings compares the losses of all epochs, and how far the weights have moved.
func sameTrainings(t *testing.T, what, got, want string, tolerance float64) {
	t.Helper()
	a, b := records(t, got), records(t, want)
	if len(a) != len(b) {
		t.Fatalf("%s: %d epochs, want %d", what, len(a), len(b))
	}
	for i, r := range a {
		for k, l := range r.Losses {
			if !(math.Abs(l-b[i].Losses[k]) <= tolerance*b[i].Losses[k]) {
				t.Errorf("%s: loss %d of epoch %d is %g, want %g", what, k, i+1, l, b[i].Losses[k])
			}
		}
		if r.Images != b[i].Images || math.Abs(r.Top1-b[i].Top1) > 1e-9 {
			t.Errorf("%s: epoch %d has %d images and top-1 %g, want %d and %g", what, i+1, r.Images,
				r.Top1, b[i].Images, b[i].Top1)
		}
	}
	of := tensors(t, run.Folder(want).LastPath())
	for name, v := range tensors(t, run.Folder(got).LastPath()) {
		checkClose(t, what+": "+name, v, of[name], 100*tolerance, 0)
	}
}

func TestSeveralDevicesTrainAsOneProcess(t *testing.T) {
	w := newWorld(t)
	type way struct {
		set func(*train.Trainer)
		on  [][2]int // ranks and devices of each
	}
	for name, way := range map[string]way{
		"synchronised norms": {func(tr *train.Trainer) {
			fine(t, tr, false)
		}, [][2]int{{1, 2}, {1, 3}}},
		"frozen norms": {func(tr *train.Trainer) {
			fine(t, tr, true)
			tr.Config.Epochs = 4
		}, [][2]int{{1, 2}, {2, 3}}},
		"accumulated, averaged, clipped": {func(tr *train.Trainer) {
			fine(t, tr, true)
			tr.Config.Epochs, tr.Config.BatchSize, tr.Config.Accumulate = 4, 4, 3
			tr.Config.EMA.Decay, tr.Config.ClipNorm = 0.9, 0.5
		}, [][2]int{{1, 4}, {2, 2}}},
		"mixed": {func(tr *train.Trainer) {
			fine(t, tr, true)
			c := tr.Model.Config()
			c.Branches.Kinds, c.Branches.Deltas = "p", nil
			tr.Model = initialised(t, c, tr.Model.Classes())
			tr.Config.Epochs = 3
			tr.Config.CutMix.Probability, tr.Config.MixUp.Probability = 0.5, 0.8
		}, [][2]int{{1, 3}, {2, 3}}},
	} {
		want := w.dealt(t, 1, 0, way.set)
		for _, on := range way.on {
			what := fmt.Sprintf("%s on %d ranks of %d devices", name, on[0], on[1])
			sameTrainings(t, what, w.dealt(t, on[0], on[1], way.set), want, tolRanks)
		}
	}
}

func initialised(t *testing.T, c model.Config, classes int) *model.Model {
	t.Helper()
	m, err := model.New(c, classes)
	if err != nil {
		t.Fatal(err)
	}
	m.Init(5)
	return m
}

// Norms of each device's own images are those of ranks with the same images, and so are the running
// averages.
func TestDevicesOfOneProcessTrainAsRanksWithTheirImages(t *testing.T) {
	w := newWorld(t)
	own := func(tr *train.Trainer) {
		fine(t, tr, false)
		tr.Config.Epochs, tr.Config.BatchSize, tr.Config.Ranks.SyncNorm = 4, 4, false
	}
	want := w.dealt(t, 2, 0, own)
	sameTrainings(t, "two devices", w.dealt(t, 1, 2, own), want, tolRanks)
	one := records(t, w.dealt(t, 1, 0, own))
	if a, b := records(t, want)[0].Loss, one[0].Loss; math.Abs(a-b) < 1e-3*b {
		t.Errorf("norms of two images and of four give the losses %g and %g", a, b)
	}
	want = w.dealt(t, 4, 0, func(tr *train.Trainer) {
		own(tr)
		tr.Config.Epochs = 2
	})
	sameTrainings(t, "two ranks of two devices", w.dealt(t, 2, 2, func(tr *train.Trainer) {
		own(tr)
		tr.Config.Epochs = 2
	}), want, tolRanks)
}

func TestATrainingGoesOnWithAnyNumberOfDevices(t *testing.T) {
	w := newWorld(t)
	set := func(tr *train.Trainer) {
		fine(t, tr, false)
		tr.Config.Epochs, tr.Config.BatchSize, tr.Config.EMA.Decay = 3, 4, 0.8
		adamW(&tr.Config)
	}
	whole, again := w.dealt(t, 1, 2, set), w.dealt(t, 1, 2, set)
	if !slices.Equal(bits(t, whole), bits(t, again)) ||
		!sameRecords(records(t, whole), records(t, again)) {
		t.Error("two trainings on two devices differ")
	}
	for _, then := range [][]int{{2, 2}, {2, 1, 4}, {2, 0, 2}, {0, 2, 0}} {
		dir, what := t.TempDir(), fmt.Sprintf("devices %v", then)
		for i, devices := range then {
			stop := 2
			if i == len(then)-1 {
				stop = 0
			}
			err := w.onRanks(t, 1, dir, i > 0, stop, w.on(t, devices, set))
			if stop > 0 && !errors.Is(err, train.ErrInterrupted) || stop == 0 && err != nil {
				t.Fatalf("%s: error %v", what, err)
			}
		}
		if len(then) == 2 && !slices.Equal(bits(t, whole), bits(t, dir)) {
			t.Errorf("%s: other weights than without interruption", what)
		}
		sameTrainings(t, what, dir, whole, tolRanks)
	}
}

// What devices cannot share with other ranks is refused before anything is trained.
func TestDevicesOfSeveralRanksDoNotSynchroniseNorms(t *testing.T) {
	c := train.DefaultConfig()
	c.BatchSize, c.Ranks.SyncNorm = 8, true
	e := enginetest.Devices(t, 2)
	in := model.Input{Batch: 4, Height: stepSize, Width: stepSize}
	_, err := train.NewStepper(c, e, steppedModel(t), in, mpi.New(0, 2, nil))
	if want := "planning: a device cannot share the statistics"; err == nil ||
		err.Error()[:len(want)] != want {
		t.Errorf("error %v", err)
	}
}
