package train_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/run"
	"acol/internal/train"
	"acol/internal/weights"
)

// crash is a store that copies its folder after each state that is saved, which is what is left of
// a training that is killed there.
type crash struct {
	*run.Writer
	t    *testing.T
	dir  string
	left []string
}

func (c *crash) SaveState(state *weights.StateDict) error {
	err := c.Writer.SaveState(state)
	dir := c.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(c.dir)); err != nil {
		c.t.Fatal(err)
	}
	c.left = append(c.left, dir)
	return err
}

// killed trains with a way of saving, and gives the folder's copies after each save.
func (w world) killed(t *testing.T, s train.Saving, validate bool) (whole string, left []string) {
	t.Helper()
	whole = t.TempDir()
	tr := w.trainer(t, whole, 5)
	store := &crash{Writer: tr.Store.(*run.Writer), t: t, dir: whole}
	tr.Store, tr.Config.Save = store, s
	if validate {
		tr.Validate = sameValidation
	}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return whole, store.left
}

func sameValidation(context.Context) (train.Validation, error) {
	score := 50.0
	return train.Validation{Images: 2, MaxBoxAcc: &score}, nil
}

func TestATrainingKilledAfterASaveWithinAnEpochGoesOnToTheSameBits(t *testing.T) {
	w := newWorld(t)
	const always = 1e-9 // minutes
	for _, c := range []struct {
		name     string
		save     train.Saving
		validate bool
		// saves are in three epochs of three steps; one more where the first epoch has none within.
		saves  int
		resume bool
	}{
		{"epochs alone", train.Saving{}, false, 4, true},
		{"each step", train.Saving{Steps: 1}, false, 9, true},
		{"each second step", train.Saving{Steps: 2}, false, 6, false},
		{"minutes", train.Saving{Minutes: always}, false, 9, false},
		{"before validating too", train.Saving{Minutes: always}, true, 12, true},
		{"a time that does not come", train.Saving{Minutes: 10, Steps: 100}, true, 4, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, left := w.killed(t, c.save, c.validate)
			if len(left) != c.saves {
				t.Fatalf("%d saves, want %d", len(left), c.saves)
			}
			if !c.resume {
				return
			}
			for i, dir := range left {
				tr := w.trainer(t, dir, 5)
				tr.Model.Init(99) // must not matter
				tr.Resume = true
				if c.validate {
					tr.Validate = sameValidation
				}
				if err := tr.Run(context.Background()); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(bits(t, whole), bits(t, dir)) {
					t.Errorf("killed after save %d and resumed: other weights than without", i+1)
				}
				if got, want := records(t, dir), records(t, whole); !sameRecords(got, want) {
					t.Errorf("killed after save %d and resumed: log %+v, want %+v", i+1, got, want)
				}
			}
		})
	}
}

func TestSecondsFromBeforeACrashCountInTheLog(t *testing.T) {
	w := newWorld(t)
	_, left := w.killed(t, train.Saving{Steps: 2}, false)
	store := run.Folder(left[0]).Writer("test", nil)
	state, _, err := store.LoadState()
	if err != nil {
		t.Fatal(err)
	}
	var saved struct {
		Step int
		Sums struct{ Seconds float64 }
	}
	if err := json.Unmarshal([]byte(state.Metadata["acol_state"]), &saved); err != nil {
		t.Fatal(err)
	}
	const before = 1000 // seconds, which the steps of this test do not take
	text := strings.Replace(state.Metadata["acol_state"], `"seconds":`, `"seconds":1000.5,"was":`, 1)
	state.Metadata = map[string]string{"acol_state": text}
	if err := store.SaveState(state); err != nil {
		t.Fatal(err)
	}
	store.Close()
	tr := w.trainer(t, left[0], 5)
	tr.Config.Epochs, tr.Resume = 1, true
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(left[0], "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var rec train.EpochRecord
	if err := json.Unmarshal(raw, &rec); err != nil {
		t.Fatal(err)
	}
	if saved.Step != 2 || saved.Sums.Seconds <= 0 || rec.Seconds <= before || rec.Images != 12 {
		t.Errorf("saved step %d after %g s; the log has %g s of %d images",
			saved.Step, saved.Sums.Seconds, rec.Seconds, rec.Images)
	}
}
