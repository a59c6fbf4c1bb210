package loader

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"acol/internal/data"
	"acol/internal/data/augment"
	"acol/internal/data/pixels"
	"acol/internal/data/synth"
	"acol/internal/data/synth/synthtest"
)

// birds is a made split of 20 images in train of 3 classes, and its configuration.
func birds(t testing.TB, split string) (*data.Split, data.Config) {
	t.Helper()
	o := synth.Options{Classes: 3, Train: 20, Val: 3, Test: 7, Size: 48, Seed: 5}
	cfg := synthtest.Config(t, o)
	cfg.Input = pixels.Input{Size: 16, Resize: "warp", TrainResize: 20, TestResize: 16}
	return synthtest.Open(t, cfg, split), cfg
}

// seen is what a batch was, kept beyond the loop's step.
type seen struct {
	x               []float32
	labels, indices []int
	n, skipped      int
	step            int
}

// collect runs an epoch from a step on.
func collect(t testing.TB, s *data.Split, cfg data.Config, opts Options, epoch, step int) ([]seen, error) {
	t.Helper()
	l, err := New(s, cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	return run(l, epoch, step)
}

func run(l *Loader, epoch, step int) ([]seen, error) {
	var all []seen
	for b, err := range l.Epoch(context.Background(), epoch, step) {
		if err != nil {
			return all, err
		}
		all = append(all, seen{b.Values(), slices.Clone(b.Labels), slices.Clone(b.Indices), b.N, b.Skipped, b.Step})
	}
	return all, nil
}

// same compares to the bit.
func same(a, b []seen) bool {
	return slices.EqualFunc(a, b, func(a, b seen) bool {
		return slices.EqualFunc(a.x, b.x, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }) &&
			slices.Equal(a.labels, b.labels) && slices.Equal(a.indices, b.indices) && a.n == b.n && a.skipped == b.skipped && a.step == b.step
	})
}

// everything turns every augmentation on.
func everything(a data.Augment) data.Augment {
	a.ColorJitter = augment.ColorJitter{Brightness: 0.4, Contrast: 0.4, Saturation: 0.4, Hue: 0.1}
	a.RandAugment.NumOps, a.RandAugment.Interpolation = 2, augment.Bilinear
	a.Erasing.Probability, a.Erasing.Value = 0.5, nil
	return a
}

func TestEpochDoesNotDependOnWorkersOrCache(t *testing.T) {
	s, cfg := birds(t, "train")
	for _, crop := range []data.Crop{data.CropRandom, data.CropResized} {
		cfg.Augment = everything(cfg.Augment)
		cfg.Augment.Crop = crop
		want, err := collect(t, s, cfg, Options{Batch: 3, Workers: 1, Seed: 7, Train: true}, 2, 0)
		if err != nil || len(want) != 6 {
			t.Fatalf("%d batches, %v, want 20/3 = 6", len(want), err)
		}
		for _, workers := range []int{2, 5, 0} {
			l, err := New(s, cfg, Options{Batch: 3, Workers: workers, Seed: 7, Train: true, CacheBytes: 10 << 10})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time from the cache, as far as that reaches
				if got, err := run(l, 2, 0); err != nil || !same(got, want) {
					t.Errorf("%s: %d workers gave another epoch, %v", crop, workers, err)
				}
			}
		}
		other, err := collect(t, s, cfg, Options{Batch: 3, Seed: 8, Train: true}, 2, 0)
		if err != nil || same(other, want) {
			t.Errorf("%s: seed 8 gave seed 7's epoch, %v", crop, err)
		}
		next, err := collect(t, s, cfg, Options{Batch: 3, Seed: 7, Train: true}, 3, 0)
		if err != nil || same(next, want) {
			t.Errorf("%s: epoch 3 is epoch 2, %v", crop, err)
		}
	}
}

func TestTrainingEpochVisitsEachImageOnce(t *testing.T) {
	s, cfg := birds(t, "train")
	all, err := collect(t, s, cfg, Options{Batch: 6, Seed: 1, Train: true}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]bool{}
	for _, b := range all {
		if b.n != 6 || len(b.x) != 6*3*16*16 {
			t.Errorf("batch of %d with %d values", b.n, len(b.x))
		}
		for i, index := range b.indices {
			if got[index] || b.labels[i] != s.Samples[index].Label {
				t.Errorf("image %d: twice, or label %d", index, b.labels[i])
			}
			got[index] = true
		}
	}
	if len(got) != 18 {
		t.Errorf("%d images, want 18: the last, smaller batch is dropped", len(got))
	}
}

func TestEpochResumesAtAStepWithoutDecodingTheOnesBefore(t *testing.T) {
	s, cfg := birds(t, "train")
	cfg.Augment = everything(cfg.Augment)
	opts := Options{Batch: 4, Seed: 3, Train: true}
	whole, err := collect(t, s, cfg, opts, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range whole[:3] {
		for _, index := range b.indices {
			if err := os.Remove(s.Samples[index].Path); err != nil {
				t.Fatal(err)
			}
		}
	}
	rest, err := collect(t, s, cfg, opts, 1, 3)
	if err != nil || !same(rest, whole[3:]) {
		t.Errorf("resumed epoch differs: %d batches, %v", len(rest), err)
	}
	if none, err := collect(t, s, cfg, opts, 1, 5); err != nil || len(none) != 0 {
		t.Errorf("at the end: %d batches, %v", len(none), err)
	}
	for _, at := range [][2]int{{1, 6}, {1, -1}, {-1, 0}} {
		if _, err := collect(t, s, cfg, opts, at[0], at[1]); err == nil {
			t.Errorf("epoch %d step %d: no error", at[0], at[1])
		}
	}
}

func TestEvaluationComesInOrderToItsEndAndIsTestInput(t *testing.T) {
	s, cfg := birds(t, "test")
	cfg.Input = pixels.Input{Size: 16, Resize: "short", TrainResize: 20, TestResize: 20}
	all, err := collect(t, s, cfg, Options{Batch: 3}, 0, 0)
	if err != nil || len(all) != 3 || all[2].n != 1 {
		t.Fatalf("%d batches, %v", len(all), err)
	}
	in := cfg.NewInputs(1, false)
	want := in.X
	for i, sample := range s.Samples {
		img, err := pixels.Load(sample.Path, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := data.TestInput(cfg, img, in); err != nil {
			t.Fatal(err)
		}
		b, at := all[i/3], i%3
		if b.indices[at] != i || !slices.Equal(b.x[at*len(want):(at+1)*len(want)], want) {
			t.Errorf("image %d is %d, or has other values", i, b.indices[at])
		}
	}
}

// settled waits for the goroutines to be as few as before.
func settled(t *testing.T, before int) {
	t.Helper()
	for range 200 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestEpochLeavesNoGoroutines(t *testing.T) {
	s, cfg := birds(t, "train")
	before := runtime.NumGoroutine()
	l, err := New(s, cfg, Options{Batch: 2, Workers: 4, Train: true})
	if err != nil {
		t.Fatal(err)
	}
	for range l.Epoch(context.Background(), 0, 0) {
		break
	}
	settled(t, before)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	steps, stop := 0, errors.New("stop for a test")
	for b, err := range l.Epoch(ctx, 0, 0) {
		if err != nil {
			if !errors.Is(err, stop) || b != nil {
				t.Errorf("after cancelling: %v, %v", b, err)
			}
			break
		}
		if steps++; steps == 2 {
			cancel(stop)
		}
	}
	if steps == l.Steps() {
		t.Error("the cancelled epoch went on to its end")
	}
	settled(t, before)
	spoil(t, s, 0)
	if _, err := run(l, 0, 0); err == nil {
		t.Error("broken image: no error")
	}
	settled(t, before)
}

func TestNewLoaderSaysWhatIsWrong(t *testing.T) {
	s, cfg := birds(t, "train")
	for want, opts := range map[string]Options{
		"loading train: batch of 0 images":                             {},
		"loading train: has 20 images, less than one batch of 32":      {Batch: 32, Train: true},
		"loading train: data.input.resize: \"crop\" is not one of war": {Batch: 2},
	} {
		c := cfg
		if opts.Batch == 2 {
			c.Input.Resize = "crop"
		}
		if _, err := New(s, c, opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s…", err, want)
		}
	}
	l, err := New(s, cfg, Options{Batch: 32})
	if err != nil || l.Steps() != 1 {
		t.Errorf("one small batch to evaluate: %v", err)
	}
}

func TestPartsOfBatchesAreTheirImages(t *testing.T) {
	s, cfg := birds(t, "train")
	whole, err := collect(t, s, cfg, Options{Batch: 5, Seed: 7, Train: true}, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	per := 3 * cfg.Input.Size * cfg.Input.Size
	for _, p := range []Part{{0, 2}, {2, 3}, {3, 5}, {0, 5}} {
		got, err := collect(t, s, cfg, Options{Batch: 5, Part: p, Seed: 7, Train: true}, 2, 1)
		if err != nil || len(got) != len(whole) {
			t.Fatalf("%d batches, %v, want %d", len(got), err, len(whole))
		}
		for i, w := range whole {
			want := seen{
				w.x[p.From*per : p.To*per], w.labels[p.From:p.To], w.indices[p.From:p.To],
				p.To - p.From, 0, w.step,
			}
			if !same(got[i:i+1], []seen{want}) {
				t.Errorf("images %d to %d of batch %d are others", p.From, p.To, i)
			}
		}
	}
	for _, p := range []Part{{3, 3}, {4, 6}, {-1, 2}} {
		if _, err := New(s, cfg, Options{Batch: 5, Part: p, Train: true}); err == nil {
			t.Errorf("images %d to %d of batches of 5 are taken", p.From, p.To)
		}
	}
}

// Partners are images of the other parts, as those have them, where images are broken too. These
// are counted with the part that they belong to.
func TestPartsHaveThePartnersThatTheyAskFor(t *testing.T) {
	s, cfg := birds(t, "train")
	cfg.OnError = data.Skip
	for i := 0; i < len(s.Samples); i += 2 {
		spoil(t, s, i)
	}
	whole, err := collect(t, s, cfg, Options{Batch: 5, Seed: 7, Train: true}, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	alone, err := collect(t, s, cfg, Options{Batch: 5, Part: Part{1, 3}, Seed: 7, Train: true}, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	per := 3 * cfg.Input.Size * cfg.Input.Size
	asks := [][]int{{4, 0}, nil, {3}}
	l, err := New(s, cfg, Options{
		Batch: 5, Part: Part{1, 3}, Workers: 2, Seed: 7, Train: true,
		Partners: Partners{Most: 2, Of: func(epoch, step int) []int { return asks[(epoch+step)%3] }},
	})
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range l.Epoch(t.Context(), 2, 0) {
		if err != nil {
			t.Fatal(err)
		}
		w, places := whole[b.Step], asks[(2+b.Step)%3]
		if b.N != 2 || b.First != 1 || b.Whole != 5 || !slices.Equal(b.Places, places) ||
			!slices.Equal(b.X, w.x[per:3*per]) || !slices.Equal(b.Labels, w.labels[1:3]) {
			t.Fatalf("batch %d: %d images from %d of %d with partners %v", b.Step, b.N, b.First, b.Whole, b.Places)
		}
		if b.Skipped != alone[b.Step].skipped || len(b.Broken) != b.Skipped {
			t.Errorf("batch %d skipped %d images, want %d", b.Step, b.Skipped, alone[b.Step].skipped)
		}
		for i, p := range places {
			if !slices.Equal(b.Partners.Range(i, i+1).X, w.x[p*per:(p+1)*per]) ||
				b.Partners.Labels[i] != w.labels[p] || b.Partners.Indices[i] != w.indices[p] {
				t.Errorf("batch %d: partner %d is not image %d of the batch", b.Step, i, p)
			}
		}
		if len(b.Partners.X) != len(places)*per || len(b.Partners.Labels) != len(places) {
			t.Errorf("batch %d has %d partners, want %d", b.Step, len(b.Partners.Labels), len(places))
		}
	}
	if _, err := New(s, cfg, Options{Batch: 5, Partners: l.opts.Partners}); err == nil {
		t.Error("images that are not trained on have partners")
	}
}
