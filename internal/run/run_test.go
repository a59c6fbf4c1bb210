package run_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"acol/internal/model"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/section"
	"acol/internal/train"
	"acol/internal/weights"
)

var classes = []string{"cat", "dog", "a bird, \"red\""}

// small is a recipe of one epoch and an untrained model of it.
func small(t *testing.T, set ...string) (*recipe.Recipe, *model.Model) {
	t.Helper()
	rec, err := recipe.Load(recipe.Options{Set: append([]string{
		"data.root=.", "data.metadata=.", "train.epochs=1", "model.backbone.width=0.0625",
	}, set...)})
	check(t, err)
	m, err := model.New(rec.Model, len(classes))
	check(t, err)
	m.Init(7)
	return rec, m
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	check(t, err)
	return string(b)
}

func TestAModelOpensAsItWasSaved(t *testing.T) {
	dir := run.Folder(filepath.Join(t.TempDir(), "runs", "a"))
	rec, m := small(t, "localize.threshold=0.4")
	check(t, dir.Save(rec, m, classes, map[string]string{"imported_from": "x.pth"}))
	got, err := dir.Open("last", []string{"localize.opacity=0.1"}, []string{"ACOL_LOCALIZE_RULE=all"})
	check(t, err)
	if l := got.Recipe.Localize; l.Threshold != "0.4" || l.Opacity != 0.1 || l.Rule != "all" {
		t.Errorf("recipe with overrides: %+v", l)
	}
	if got.Dir != string(dir) || got.Checkpoint != dir.LastPath() || got.Epoch != 1 || !slices.Equal(got.Classes, classes) {
		t.Errorf("opened %+v", got)
	}
	for i, p := range m.Params() {
		if !slices.Equal(p.Data, got.Model.Params()[i].Data) {
			t.Errorf("%s differs", p.Name)
		}
	}
	sd, _, err := weights.Open(dir.LastPath())
	check(t, err)
	want := map[string]string{
		"format": "pt", "epoch": "1", "imported_from": "x.pth", "acol_classes": `["cat","dog","a bird, \"red\""]`,
	}
	if d := cmp.Diff(want, sd.Metadata); d != "" {
		t.Errorf("metadata (-want +got):\n%s", d)
	}
	if !slices.Equal(dir.Classes(), classes) || run.Folder("nowhere").Classes() != nil {
		t.Errorf("classes %q of the run, %q of none", dir.Classes(), run.Folder("nowhere").Classes())
	}
}

func TestAModelIsNamedByAWordOrAFile(t *testing.T) {
	dir := run.Folder("runs/a")
	for which, want := range map[string]string{
		"last": "runs/a/last.safetensors", "best": "runs/a/best.safetensors", "x/y.safetensors": "x/y.safetensors",
	} {
		if got := filepath.ToSlash(dir.Checkpoint(which)); got != want {
			t.Errorf("%s: %s, want %s", which, got, want)
		}
	}
}

func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	dir := run.Folder(t.TempDir())
	_, err := dir.Open("last", nil, nil)
	if want := string(dir) + " is not the folder of a run: it has no recipe.yaml"; !errors.Is(err, run.ErrNotRun) || err.Error() != want {
		t.Errorf("no recipe: %v, want %s", err, want)
	}
	rec, m := small(t)
	check(t, dir.SaveRecipe(rec))
	if _, err := dir.Open("best", nil, nil); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), "loading the model of "+string(dir)) {
		t.Errorf("no checkpoint: %v", err)
	}
	sd, err := m.State()
	check(t, err)
	check(t, weights.WriteSafetensorsFile(dir.LastPath(), sd))
	if _, err := dir.Open("last", nil, nil); err == nil || !strings.Contains(err.Error(), "no class names (acol_classes): not a checkpoint of acol") {
		t.Errorf("no classes: %v", err)
	}
}

func TestTheNewestRunIsTheOneThatFinishedLast(t *testing.T) {
	root := t.TempDir()
	if _, err := run.Newest(filepath.Join(root, "nowhere")); !errors.Is(err, run.ErrNoRun) {
		t.Errorf("no folder: %v", err)
	}
	rec, m := small(t)
	for i, name := range []string{"old", "new", "older", "under-way"} {
		dir := run.Folder(filepath.Join(root, name))
		rec.Train.Epochs = 1
		check(t, dir.Save(rec, m, classes, nil))
		if name == "under-way" { // of two epochs, one is done
			rec.Train.Epochs = 2
			check(t, dir.SaveRecipe(rec))
		}
		at := time.Unix(int64([]int{2000, 3000, 1000, 4000}[i]), 0)
		check(t, os.Chtimes(dir.LastPath(), at, at))
	}
	check(t, os.WriteFile(filepath.Join(root, "a file"), nil, 0o666))
	if got, err := run.Newest(root); err != nil || filepath.Base(string(got)) != "new" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestAModelIsLastAndBestUntilALaterOneIsSaved(t *testing.T) {
	dir := run.Folder(filepath.Join(t.TempDir(), "a"))
	w := dir.Writer("test", classes)
	defer w.Close()
	check(t, w.Clear()) // makes the folder
	_, m := small(t)
	sd, err := m.State()
	check(t, err)
	check(t, w.SaveModel(sd, train.EpochRecord{Epoch: 3, Best: true}))
	check(t, w.SaveState(sd))
	if !w.HasState() || !dir.HasState() {
		t.Error("the state that was saved is not there")
	}
	if read(t, dir.LastPath()) != read(t, dir.BestPath()) {
		t.Error("the best model is not the last")
	}
	check(t, w.SaveModel(sd, train.EpochRecord{Epoch: 4}))
	best, _, err := weights.Open(dir.BestPath())
	check(t, err)
	if best.Metadata["epoch"] != "3" {
		t.Errorf("the best model is of epoch %s, want 3", best.Metadata["epoch"])
	}
}

// The threshold that val chose stays with the model that it chose it for.
func TestAModelKeepsTheThresholdThatValChoseForIt(t *testing.T) {
	dir := run.Folder(filepath.Join(t.TempDir(), "a"))
	w := dir.Writer("test", classes)
	defer w.Close()
	check(t, w.Clear())
	rec, m := small(t)
	check(t, dir.SaveRecipe(rec))
	sd, err := m.State()
	check(t, err)
	of := func(epoch int, best bool, tau section.Threshold) train.EpochRecord {
		return train.EpochRecord{Epoch: epoch, Best: best, Validation: &train.Validation{BoxThreshold: tau}}
	}
	threshold := func(checkpoint string) section.Threshold {
		got, err := dir.Open(checkpoint, nil, nil)
		check(t, err)
		return got.Threshold
	}
	check(t, w.SaveModel(sd, of(1, true, "0.35")))
	check(t, w.SaveModel(sd, of(2, false, "mean"))) // of the last epoch; the best model keeps its own
	if last, best := threshold("last"), threshold("best"); last != "mean" || best != "0.35" {
		t.Errorf("last has %q, best %q; want mean and 0.35", last, best)
	}
	check(t, w.SaveModel(sd, of(3, false, "")))
	if last := threshold("last"); last != "" {
		t.Errorf("a model that val chose nothing for has %q", last)
	}
	for _, wrong := range []string{"1", "-0.1", "NaN", "high", "auto", ""} {
		sd.Metadata["acol_threshold"] = wrong
		check(t, weights.WriteSafetensorsFile(dir.LastPath(), sd))
		if last := threshold("last"); last != "" {
			t.Errorf("metadata %q gave %q", wrong, last)
		}
	}
}

func TestNoStateIsToldByItsName(t *testing.T) {
	w := run.Folder(t.TempDir()).Writer("test", nil)
	defer w.Close()
	if _, name, err := w.LoadState(); !errors.Is(err, fs.ErrNotExist) || filepath.Base(name) != "state.safetensors" {
		t.Errorf("loading no state, %s: %v", name, err)
	}
}

func TestTrimmingTheLogKeepsWholeLinesOfTheFirstEpochs(t *testing.T) {
	dir := run.Folder(t.TempDir())
	w := dir.Writer("test", classes)
	log := filepath.Join(string(dir), "log.jsonl")
	check(t, w.TrimLog(0)) // of no log
	if records, err := dir.Log(); err != nil || len(records) != 0 {
		t.Errorf("no log reads %v, %v", records, err)
	}
	if _, err := os.Stat(log); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a log came from nothing: %v", err)
	}
	for epoch := range 3 {
		check(t, w.AppendLog(train.EpochRecord{Epoch: epoch + 1, Loss: 0.1}))
	}
	if records, err := dir.Log(); err != nil || len(records) != 3 || records[2].Epoch != 3 {
		t.Errorf("the log reads %v, %v", records, err)
	}
	whole := read(t, log)
	if n := strings.Count(whole, "\n"); n != 3 || !strings.HasPrefix(whole, `{"epoch":1,`) {
		t.Fatalf("%d lines: %s", n, whole)
	}
	check(t, os.WriteFile(log, []byte(whole+`{"epoch":2,"st`), 0o666))
	check(t, w.TrimLog(2))
	first, _, _ := strings.Cut(whole, `{"epoch":3`)
	if got := read(t, log); got != first {
		t.Errorf("the log holds %s", got)
	}
	check(t, w.TrimLog(0))
	if got := read(t, log); got != "" {
		t.Errorf("the log holds %s", got)
	}
}

func TestADamagedLineOfTheLogCostsThatLineAlone(t *testing.T) {
	const first, second = `{"epoch":1,"steps":3}` + "\n", `{"epoch":2,"steps":3}` + "\n"
	zeros := strings.Repeat("\x00", 4096)
	for name, damaged := range map[string]string{
		"zeros":            zeros + "\n",
		"two in one":       `{"epoch":2,"st{"epoch":3,"steps":3}` + "\n",
		"a long line":      `{"epoch":2,"losses":[` + strings.Repeat("0,", 1<<20) + "\n",
		"no JSON object":   "7\n",
		"no epoch":         `{"epoc":2}` + "\n",
		"bytes of no text": "\xff\xfe\n",
		"an empty line":    "\n",
	} {
		dir := run.Folder(t.TempDir())
		log := filepath.Join(string(dir), "log.jsonl")
		check(t, os.WriteFile(log, []byte(first+damaged+second), 0o666))
		if records, err := dir.Log(); err != nil || len(records) != 2 || records[1].Epoch != 2 {
			t.Errorf("%s: the log reads %v, %v", name, records, err)
		}
		w := dir.Writer("test", nil)
		var notes []string
		w.Note = func(s string) { notes = append(notes, s) }
		check(t, w.TrimLog(2))
		if got := read(t, log); got != first+second {
			t.Errorf("%s: the log holds %d bytes: %.80q", name, len(got), got)
		}
		want := []string{"warning: " + log + ": dropped 1 damaged lines"}
		if !slices.Equal(notes, want) {
			t.Errorf("%s: told %q, want %q", name, notes, want)
		}
	}
}
