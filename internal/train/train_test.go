package train_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"acol/internal/data"
	"acol/internal/data/loader"
	"acol/internal/data/pixels"
	"acol/internal/data/synth"
	"acol/internal/data/synth/synthtest"
	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/run"
	"acol/internal/train"
	"acol/internal/weights"
)

// world is a made data set and what a training needs beside it.
type world struct {
	split *data.Split
	data  data.Config
	eng   *engine.Engine
	// stores are the last trainers' by their folders, which another trainer finds free.
	stores map[string]*run.Writer
}

func newWorld(t *testing.T) world {
	t.Helper()
	made := synth.Options{Classes: 2, Train: 12, Val: 2, Test: 2, Size: 48, Seed: 3}
	w := world{
		data: synthtest.Config(t, made), eng: enginetest.Open(t, enginetest.OneThread),
		stores: map[string]*run.Writer{},
	}
	w.data.Input = pixels.Input{Size: 32, Resize: "warp", TrainResize: 36, TestResize: 32}
	w.split = synthtest.Open(t, w.data, "train")
	return w
}

// trainer makes a training of three epochs of three steps into dir.
func (w world) trainer(t *testing.T, dir string, seed uint64) *train.Trainer {
	t.Helper()
	mc := model.DefaultConfig()
	mc.Backbone.Width = 0.0625
	m, err := model.New(mc, len(w.split.Classes))
	if err != nil {
		t.Fatal(err)
	}
	m.Init(seed)
	cfg := train.DefaultConfig()
	cfg.Epochs, cfg.BatchSize, cfg.Seed, cfg.Out, cfg.Threads = 3, 4, seed, dir, 2
	cfg.Schedule.Name = "cosine"
	l, err := loader.New(w.split, w.data, loader.Options{Batch: 4, Workers: 2, Seed: seed, Train: true, CacheBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	if earlier := w.stores[dir]; earlier != nil {
		earlier.Close()
	}
	store := run.Folder(dir).Writer("test", w.split.Classes)
	store.Replace = true
	t.Cleanup(store.Close)
	w.stores[dir] = store
	return &train.Trainer{Config: cfg, Model: m, Engine: w.eng, Loader: l, InputSize: 32, Store: store}
}

// stopper interrupts a training after a number of steps.
type stopper struct {
	steps int
	stop  func()
}

func (s *stopper) Begin(train.Plan)        {}
func (s *stopper) Sees(train.Sight)        {}
func (s *stopper) Epoch(train.EpochRecord) {}
func (s *stopper) Broken(error)            {}
func (s *stopper) Step(train.StepInfo) {
	if s.steps--; s.steps == 0 {
		s.stop()
	}
}

func bits(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(run.Folder(dir).LastPath())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// records are the log's lines without what a clock says.
func records(t *testing.T, dir string) []train.EpochRecord {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "log.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var out []train.EpochRecord
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		var r train.EpochRecord
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		r.Seconds, r.Waited, r.WaitedShare, r.ImagesPerS = 0, 0, 0, 0
		out = append(out, r)
	}
	return out
}

func sameRecords(a, b []train.EpochRecord) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func TestTwoRunsOfOneSeedAreEqualToTheBit(t *testing.T) {
	w := newWorld(t)
	a, b, c := t.TempDir(), t.TempDir(), t.TempDir()
	for dir, seed := range map[string]uint64{a: 5, b: 5, c: 6} {
		if err := w.trainer(t, dir, seed).Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(bits(t, a), bits(t, b)) || !sameRecords(records(t, a), records(t, b)) {
		t.Error("two runs of one seed differ")
	}
	if slices.Equal(bits(t, a), bits(t, c)) {
		t.Error("two seeds gave the same weights")
	}
}

func TestATrainingFromTheStartFindsNothingOfAnEarlierOne(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	if err := w.trainer(t, dir, 5).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stop before the first step")
	tr := w.trainer(t, dir, 6)
	tr.Prepared = func() error { return stop }
	if err := tr.Run(context.Background()); !errors.Is(err, stop) {
		t.Fatalf("error %v", err)
	}
	if left, err := run.Folder(dir).Holds(); err != nil || len(left) > 0 {
		t.Errorf("of the earlier training are left %q, error %v", left, err)
	}
}

// recorder is a store that notes what it is asked to do.
type recorder struct {
	train.Store
	calls []string
	noted func(call string) // may be nil
}

func (r *recorder) note(call string) {
	r.calls = append(r.calls, call)
	if r.noted != nil {
		r.noted(call)
	}
}

func (r *recorder) Clear() error        { r.note("clear"); return r.Store.Clear() }
func (r *recorder) TrimLog(n int) error { r.note("trim"); return r.Store.TrimLog(n) }
func (r *recorder) AppendLog(rec train.EpochRecord) error {
	r.note("log")
	return r.Store.AppendLog(rec)
}
func (r *recorder) SaveState(sd *weights.StateDict) error {
	r.note("state")
	return r.Store.SaveState(sd)
}
func (r *recorder) SaveModel(sd *weights.StateDict, rec train.EpochRecord) error {
	r.note("model")
	return r.Store.SaveModel(sd, rec)
}

// A crash between two writes must cost no more than the epoch: the state, which resuming reads,
// comes after everything that it speaks of.
func TestTheStateIsSavedLast(t *testing.T) {
	w := newWorld(t)
	tr := w.trainer(t, t.TempDir(), 5)
	tr.Config.Epochs = 2
	r := &recorder{Store: tr.Store}
	tr.Store = r
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := "clear trim state log model state log model state"
	if got := strings.Join(r.calls, " "); got != want {
		t.Errorf("the store was called %s, want %s", got, want)
	}
}

func TestALossThatIsNotANumberStopsWithWhatToChange(t *testing.T) {
	w := newWorld(t)
	tr := w.trainer(t, t.TempDir(), 5)
	tr.Config.Optimizer.LRBackbone, tr.Config.Optimizer.LRHeads = 1000, 1000
	err := tr.Run(context.Background())
	var diverged *train.DivergedError
	if !errors.As(err, &diverged) {
		t.Fatalf("error %v, want a DivergedError", err)
	}
	if h := diverged.Hint(); !strings.Contains(h, "lower train.optimizer.lr_backbone") || !strings.Contains(h, "train.clip_norm") {
		t.Errorf("hint %q", h)
	}
}

func TestWeightsThatAreNotNumbersAreNeverSaved(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	tr := w.trainer(t, dir, 5)
	tr.Config.Optimizer.LRBackbone = math.Inf(1)
	ctx, stop := context.WithCancel(context.Background())
	tr.Observers = train.Observers{&stopper{1, stop}} // before another step shows it in the loss
	err := tr.Run(ctx)
	var diverged *train.DivergedError
	if !errors.As(err, &diverged) || !strings.HasPrefix(diverged.What, "a value of ") {
		t.Errorf("error %v, want a DivergedError of a weight", err)
	}
	if run.Folder(dir).HasState() {
		t.Error("the state was saved")
	}
}

func TestABrokenImageStopsOrIsSkippedAndCounted(t *testing.T) {
	w := newWorld(t)
	if err := os.WriteFile(w.split.Samples[4].Path, []byte("not an image"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := w.trainer(t, t.TempDir(), 5).Run(context.Background())
	if err == nil || !strings.Contains(err.Error(), filepath.Base(w.split.Samples[4].Path)) {
		t.Errorf("on_error fail: error %v, want the image named", err)
	}
	w.data.OnError = "skip"
	dir := t.TempDir()
	if err := w.trainer(t, dir, 5).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if r := records(t, dir)[0]; r.Skipped != 1 || r.Images != 12 {
		t.Errorf("on_error skip: %d skipped of %d images, want 1 of 12", r.Skipped, r.Images)
	}
}

func TestTheBestCheckpointIsThatOfTheBestValidation(t *testing.T) {
	w := newWorld(t)
	dir := t.TempDir()
	tr := w.trainer(t, dir, 5)
	scores := []float64{40, 70, 60}
	epoch := 0
	tr.Validate = func(context.Context) (train.Validation, error) {
		v := train.Validation{Images: 2, MaxBoxAcc: &scores[epoch]}
		epoch++
		return v, nil
	}
	if err := tr.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	best, _, err := weights.Open(run.Folder(dir).BestPath())
	if err != nil {
		t.Fatal(err)
	}
	if e := best.Metadata["epoch"]; e != "2" {
		t.Errorf("best.safetensors is of epoch %s, want 2", e)
	}
	if r := records(t, dir); r[2].BestEpoch != 2 || r[2].Best || !r[1].Best {
		t.Errorf("log says %+v", r)
	}
}

// The values are torch.optim.lr_scheduler's: MultiStepLR, CosineAnnealingLR and
// PolynomialLR over ten steps of two epochs.
func TestSchedulesEqualPyTorch(t *testing.T) {
	for _, c := range []struct {
		s    train.Schedule
		want []float64 // at steps 0, 3, 5, 9
	}{
		{train.Schedule{Name: "constant"}, []float64{1, 1, 1, 1}},
		{train.Schedule{Name: "step", Steps: []int{1}, Gamma: 0.1}, []float64{1, 1, 0.1, 0.1}},
		{train.Schedule{Name: "cosine"}, []float64{1, 0.7938926261462366, 0.5, 0.02447174185242318}},
		{train.Schedule{Name: "poly", Power: 0.9}, []float64{1, 0.7254178469372199, 0.5358867312681466, 0.12589254117941673}},
		{train.Schedule{Name: "constant", WarmupEpochs: 1}, []float64{1. / 6, 4. / 6, 1, 1}},
	} {
		for i, step := range []int{0, 3, 5, 9} {
			if got := c.s.Scale(step, 5, 2); math.Abs(got-c.want[i]) > 1e-12 {
				t.Errorf("%+v: scale at step %d is %.15g, want %.15g", c.s, step, got, c.want[i])
			}
		}
	}
}

func TestClippingLimitsTheGradientsNorm(t *testing.T) {
	p := &model.Param{Shape: []int{2}, Data: []float32{0, 0}}
	g := []float32{3, 4}
	if f := train.ClipFactor(1, func(int) []float32 { return g }, 2.5); math.Abs(f-0.5) > 1e-6 {
		t.Errorf("factor %g for a norm of 5 and a limit of 2.5", f)
	}
	for limit, want := range map[float64]float64{0: 1, 10: 1} {
		if f := train.ClipFactor(1, func(int) []float32 { return g }, limit); f != want {
			t.Errorf("factor %g for a limit of %g, want %g", f, limit, want)
		}
	}
	e := enginetest.Open(t, enginetest.Portable)
	if err := train.NewSGD(train.Optimization{LRBackbone: 1, LayerDecay: 1}, e, []*model.Param{p}).Step(func(int) []float32 { return g }, 1, 0.5); err != nil {
		t.Fatal(err)
	}
	if p.Data[0] != -1.5 || p.Data[1] != -2 {
		t.Errorf("parameters %v after a clipped step, want -1.5 -2", p.Data)
	}
}
