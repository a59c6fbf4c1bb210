package train_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/train"
)

func TestResumedTrainingEqualsAnUninterruptedOneToTheBit(t *testing.T) {
	w := newWorld(t)
	whole := t.TempDir()
	if err := w.trainer(t, whole, 5).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	// Within an epoch, at its end, in the second, at the very end.
	for _, steps := range []int{1, 3, 5, 9} {
		dir := t.TempDir()
		ctx, stop := context.WithCancel(context.Background())
		tr := w.trainer(t, dir, 5)
		tr.Observers = train.Observers{&stopper{steps, stop}}
		if err := tr.Run(ctx); !errors.Is(err, train.ErrInterrupted) {
			t.Fatalf("interrupted after %d steps: error %v", steps, err)
		}
		tr = w.trainer(t, dir, 5)
		tr.Model.Init(99) // must not matter
		tr.Resume = true
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(bits(t, whole), bits(t, dir)) {
			t.Errorf("interrupted after %d steps and resumed: other weights than without", steps)
		}
		if got, want := records(t, dir), records(t, whole); !sameRecords(got, want) {
			t.Errorf("interrupted after %d steps and resumed: log %+v, want %+v", steps, got, want)
		}
	}
}

func TestInterruptedValidationIsDoneAgainOnResuming(t *testing.T) {
	w := newWorld(t)
	score := 50.0
	validate := func(context.Context) (train.Validation, error) {
		return train.Validation{Images: 2, MaxBoxAcc: &score}, nil
	}
	// What is measured is the average, and what is saved the weights of the moment beside it.
	trainer := func(dir string) *train.Trainer {
		tr := w.trainer(t, dir, 5)
		tr.Config.EMA.Decay = 0.9
		return tr
	}
	whole, dir := t.TempDir(), t.TempDir()
	tr := trainer(whole)
	tr.Validate = validate
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	tr = trainer(dir)
	tr.Validate = func(ctx context.Context) (train.Validation, error) {
		stop()
		return train.Validation{}, ctx.Err()
	}
	if err := tr.Run(ctx); !errors.Is(err, train.ErrInterrupted) {
		t.Fatalf("interrupted while validating: error %v", err)
	}
	tr = trainer(dir)
	tr.Validate, tr.Resume = validate, true
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(bits(t, whole), bits(t, dir)) || !sameRecords(records(t, dir), records(t, whole)) {
		t.Error("interrupted while validating and resumed: another result than without")
	}
}

func TestResumingDropsLinesThatACrashLeftInTheLog(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	tr := w.trainer(t, dir, 5)
	tr.Config.Epochs = 1
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "log.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("{\"epoch\":2}\n{\"epoch\":2,\"st"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	tr = w.trainer(t, dir, 5)
	tr.Config.Epochs, tr.Resume = 2, true
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r := records(t, dir); len(r) != 2 || r[0].Epoch != 1 || r[1].Steps != 3 {
		t.Errorf("log %+v, want one whole line for each of two epochs", r)
	}
}

func TestResumingRefusesAnotherTraining(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	if err := w.trainer(t, dir, 5).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	tr := w.trainer(t, dir, 6)
	tr.Resume = true
	if err := tr.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "the saved training has seed 5, the recipe 6") {
		t.Errorf("another seed: error %v", err)
	}
	tr = w.trainer(t, t.TempDir(), 5)
	tr.Resume = true
	if err := tr.Run(context.Background()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("nothing saved: error %v", err)
	}
}
