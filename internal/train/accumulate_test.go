package train_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/data/loader"
	"acol/internal/model"
	"acol/internal/run"
	"acol/internal/train"
	"acol/internal/weights"
)

// inBatches gives a trainer another batch and number of batches in a step.
func (w world) inBatches(t *testing.T, tr *train.Trainer, batch, of int) *train.Trainer {
	t.Helper()
	tr.Config.BatchSize, tr.Config.Accumulate = batch, of
	l, err := loader.New(w.split, w.data, loader.Options{
		Batch: batch, Workers: 2, Seed: tr.Config.Seed, Train: true, CacheBytes: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	tr.Loader = l
	return tr
}

// freezeNorms gives a trainer a model whose batch norm does not depend on the batch.
func freezeNorms(t *testing.T, tr *train.Trainer) *train.Trainer {
	t.Helper()
	cfg := tr.Model.Config()
	cfg.Backbone.FreezeBN = true
	m, err := model.New(cfg, tr.Model.Classes())
	if err != nil {
		t.Fatal(err)
	}
	m.Init(tr.Config.Seed)
	tr.Model = m
	return tr
}

// tensors reads a file of weights.
func tensors(t *testing.T, path string) map[string][]float32 {
	t.Helper()
	sd, _, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float32{}
	for _, name := range sd.Names() {
		x, _ := sd.Get(name)
		if out[name], err = x.Float32s(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// moved is the largest distance between tensors of two files, and the largest move from a start.
func moved(a, b map[string][]float32, start *model.Model) (apart, way float64) {
	for _, p := range start.Params() {
		for i, v := range a[p.Name] {
			apart = max(apart, math.Abs(float64(v-b[p.Name][i])))
			way = max(way, math.Abs(float64(v-p.Data[i])))
		}
	}
	return apart, way
}

// With frozen batch norm an image's gradient does not depend on the others of its batch, so that
// the mean over three batches of four is that over a batch of twelve; so is its norm, to which it
// is clipped.
func TestBatchesOfAStepAreOneLargeBatch(t *testing.T) {
	for _, v := range []struct {
		rule train.Rule
		clip float64
	}{{train.UseSGD, 0}, {train.UseSGD, 0.05}, {train.UseAdamW, 0}} {
		t.Run(fmt.Sprint(v.rule, " ", v.clip), func(t *testing.T) {
			w := newWorld(t)
			dirs := []string{t.TempDir(), t.TempDir(), t.TempDir()}
			for i, c := range []struct{ batch, of int }{{12, 1}, {4, 3}, {4, 1}} {
				tr := w.inBatches(t, freezeNorms(t, w.trainer(t, dirs[i], 5)), c.batch, c.of)
				tr.Config.Optimizer.Name, tr.Config.ClipNorm = v.rule, v.clip
				if v.rule == train.UseAdamW { // so that rounding does not decide the sign of a step
					tr.Config.Optimizer.Eps = 1e-3
				}
				if err := tr.Run(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			start := freezeNorms(t, w.trainer(t, t.TempDir(), 5)).Model
			one := tensors(t, run.Folder(dirs[0]).LastPath())
			same, way := moved(one, tensors(t, run.Folder(dirs[1]).LastPath()), start)
			if same > 1e-3*way {
				t.Errorf("3 batches of 4 end %g from a batch of 12, which moved by %g", same, way)
			}
			other, _ := moved(one, tensors(t, run.Folder(dirs[2]).LastPath()), start)
			if other < way/10 {
				t.Errorf("single batches of 4 end within %g: the test sees nothing", other)
			}
			a, b := records(t, dirs[0]), records(t, dirs[1])
			for i := range a {
				if b[i].Steps != 1 || b[i].Images != 12 || math.Abs(a[i].Loss-b[i].Loss) > 1e-5 {
					t.Errorf("epoch %d: log %+v, want %+v", i+1, b[i], a[i])
				}
			}
		})
	}
}

// counter counts steps and their losses.
type counter struct {
	stopper
	plan  train.Plan
	infos []train.StepInfo
}

func (c *counter) Begin(p train.Plan)    { c.plan = p }
func (c *counter) Step(i train.StepInfo) { c.infos = append(c.infos, i) }

func TestImagesThatFillNoWholeStepAreDropped(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	tr := w.inBatches(t, w.trainer(t, dir, 5), 2, 4) // 12 images: one step of 8
	c := &counter{}
	tr.Observers = train.Observers{c}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if c.plan.StepsPerEpoch != 1 || c.plan.Accumulate != 4 || len(c.infos) != 3 {
		t.Errorf("plan %+v, %d steps; want 1 step an epoch, 3 in all", c.plan, len(c.infos))
	}
	for i, r := range records(t, dir) {
		if r.Images != 8 || math.Abs(r.Loss-c.infos[i].Losses[0]-c.infos[i].Losses[1]) > 1e-6 {
			t.Errorf("epoch %d: %d images and loss %g, want 8 and the step's %v",
				r.Epoch, r.Images, r.Loss, c.infos[i].Losses)
		}
	}
}

// everything switches on whatever a training keeps.
func everything(tr *train.Trainer) *train.Trainer {
	tr.Config.Optimizer.Name, tr.Config.Optimizer.LayerDecay = train.UseAdamW, 0.8
	tr.Config.EMA = train.EMA{Decay: 0.9, Warmup: true}
	tr.Config.ClipNorm = 1
	tr.Config.CutMix.Probability = 0.5
	return tr
}

func TestATrainingWithEverythingResumesToTheSameBits(t *testing.T) {
	w := newWorld(t)
	whole := t.TempDir()
	// 12 images in batches of 2: 3 steps of 2 batches in each of 3 epochs.
	make := func(dir string) *train.Trainer {
		return everything(w.inBatches(t, w.trainer(t, dir, 5), 2, 2))
	}
	if err := make(whole).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, steps := range []int{1, 3, 7} {
		dir := t.TempDir()
		ctx, stop := context.WithCancel(context.Background())
		tr := make(dir)
		tr.Observers = train.Observers{&stopper{steps, stop}}
		if err := tr.Run(ctx); !errors.Is(err, train.ErrInterrupted) {
			t.Fatalf("interrupted after %d steps: error %v", steps, err)
		}
		tr = make(dir)
		tr.Model.Init(99) // must not matter
		tr.Resume = true
		if err := tr.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, path := range []func(run.Folder) string{
			run.Folder.LastPath, run.Folder.BestPath, run.Folder.StatePath,
		} {
			got, want := tensors(t, path(run.Folder(dir))), tensors(t, path(run.Folder(whole)))
			for name := range want {
				if !slices.Equal(got[name], want[name]) {
					t.Fatalf("interrupted after %d steps: another %s in %s",
						steps, name, filepath.Base(path(run.Folder(dir))))
				}
			}
		}
		if got, want := records(t, dir), records(t, whole); !sameRecords(got, want) {
			t.Errorf("interrupted after %d steps: log %+v, want %+v", steps, got, want)
		}
	}
}

func TestTheAverageIsWhatIsMeasuredAndKept(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	tr := everything(w.trainer(t, dir, 5))
	var seen []float32
	const name, statistics = "layer1.0.conv1.weight", "layer1.0.bn1.running_var"
	now := func() (values []float32) {
		for _, p := range tr.Model.Params() {
			if p.Name == name || p.Name == statistics {
				values = append(values, p.Data...)
			}
		}
		return values
	}
	tr.Validate = func(context.Context) (train.Validation, error) {
		seen = now()
		return train.Validation{Images: 2, Top1: 50}, nil
	}
	tr.Store = &recorder{Store: tr.Store, noted: func(event string) {
		if event == "log" && !slices.Equal(now(), seen) {
			t.Error("between val and the saved model the average went out and in again")
		}
	}}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	last, state := tensors(t, run.Folder(dir).LastPath()), tensors(t, run.Folder(dir).StatePath())
	kept := slices.Concat(last[name], last[statistics])
	if len(kept) == 0 || !slices.Equal(kept, seen) {
		t.Error("val measured other weights than those of last.safetensors")
	}
	for _, n := range []string{name, statistics} {
		if !slices.Equal(state["ema."+n], last[n]) {
			t.Errorf("the state's average of %s is not that of last.safetensors", n)
		}
		if slices.Equal(state["model."+n], last[n]) {
			t.Errorf("last.safetensors has the %s of the moment, not the average", n)
		}
	}
	for _, p := range tr.Model.Params() {
		if !slices.Equal(state["model."+p.Name], p.Data) {
			t.Errorf("the model does not end with the %s of the moment", p.Name)
		}
	}
}

func TestResumingWithAnotherOptimizerIsRefused(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	if err := w.trainer(t, dir, 5).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	tr := w.trainer(t, dir, 5)
	tr.Config.Optimizer.Name, tr.Resume = train.UseAdamW, true
	err := tr.Run(context.Background())
	if want := "it is of a training by sgd, but train.optimizer.name is adamw"; err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}
