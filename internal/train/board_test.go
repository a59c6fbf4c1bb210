package train_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"slices"
	"testing"
	"time"

	"acol/internal/run"
	"acol/internal/tensorboard"
	"acol/internal/train"
)

// eventsIn lists the events of a folder as TAG STEP, sorted; one that is there twice is listed
// twice.
func eventsIn(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	for _, name := range tensorboard.Files(dir) {
		alone := t.TempDir() // Trim reads a file that loses nothing once
		if err := os.Link(dir+"/"+name, alone+"/"+name); err != nil {
			t.Fatal(err)
		}
		err := tensorboard.Trim(alone, func(tag string, step int) bool {
			if tag != "recipe" && tag != tensorboard.SettingsTag {
				found = append(found, fmt.Sprint(tag, " ", step))
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(found)
	return found
}

// watched is a training with a board, which draws a picture of each epoch.
func (w world) watched(t *testing.T, dir string) (*train.Trainer, *run.Board) {
	board := &run.Board{Folder: run.Folder(dir), Failed: func(err error) { t.Error(err) }}
	tr := w.trainer(t, dir, 5)
	tr.Validate = sameValidation
	tr.Observers = train.Observers{board, drawer{board}}
	return tr, board
}

type drawer struct{ board *run.Board }

func (d drawer) Begin(train.Plan) {}
func (d drawer) Sees(train.Sight) {
	d.board.Picture("train-batch", image.NewGray(image.Rect(0, 0, 2, 2)))
}
func (d drawer) Step(train.StepInfo) {}
func (d drawer) Epoch(train.EpochRecord) {
	d.board.Picture("val-maps", image.NewGray(image.Rect(0, 0, 2, 2)))
}
func (d drawer) Broken(error) {}

func TestABoardHasEachStepOnceHoweverOftenATrainingIsResumed(t *testing.T) {
	w := newWorld(t)
	whole := t.TempDir()
	tr, board := w.watched(t, whole)
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	board.Close()
	want := eventsIn(t, whole)
	for _, e := range []string{
		"step/top1 1", "step/top1 9", "train/loss 1", "train/loss 3",
		"pictures/train-batch 1", "pictures/val-maps 3",
	} {
		if !slices.Contains(want, e) {
			t.Errorf("no event %q among %q", e, want)
		}
	}
	if unique := slices.Compact(slices.Clone(want)); len(unique) != len(want) {
		t.Errorf("an event is there twice: %q", want)
	}

	for _, steps := range []int{1, 3, 5} {
		dir := t.TempDir()
		ctx, stop := context.WithCancel(context.Background())
		tr, board := w.watched(t, dir)
		tr.Observers = append(tr.Observers, &stopper{steps, stop})
		if err := tr.Run(ctx); !errors.Is(err, train.ErrInterrupted) {
			t.Fatalf("interrupted after %d steps: error %v", steps, err)
		}
		board.Close()
		// What a crash leaves that comes after its state is not of the training.
		crashed, err := tensorboard.Create(dir, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		for tag, step := range map[string]int{"step/loss": steps + 1, "val/top1": 2, "pictures/val-maps": 2} {
			if err := crashed.Scalars(step, tensorboard.Scalar{Tag: tag}); err != nil {
				t.Fatal(err)
			}
		}
		if err := crashed.Close(); err != nil {
			t.Fatal(err)
		}
		tr, board = w.watched(t, dir)
		tr.Resume = true
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		board.Close()
		// A resumed training looks at a batch of its own, which it shows once more.
		got := slices.DeleteFunc(eventsIn(t, dir), func(e string) bool { return e == "pictures/train-batch 2" })
		if !slices.Equal(got, want) {
			t.Errorf("interrupted after %d steps and resumed: events\n%q\nwant\n%q", steps, got, want)
		}
	}
}

func TestABoardThatCannotWriteIsToldOnceAndTheTrainingGoesOn(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	tr := w.trainer(t, dir, 5)
	told := 0
	tr.Observers = train.Observers{&run.Board{
		Folder: run.Folder(dir + "/none"), Failed: func(error) { told++ },
	}}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if told != 1 || len(records(t, dir)) != 3 {
		t.Errorf("told %d times in a training of %d epochs", told, len(records(t, dir)))
	}
}
