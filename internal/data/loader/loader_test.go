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
		all = append(all, seen{slices.Clone(b.X), slices.Clone(b.Labels), slices.Clone(b.Indices), b.N, b.Skipped, b.Step})
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

func TestEpochDoesNotDependOnWorkersOrCache(t *testing.T) {
	s, cfg := birds(t, "train")
	for _, crop := range []data.Crop{data.CropRandom, data.CropResized} {
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
	want := make([]float32, 3*16*16)
	for i, sample := range s.Samples {
		img, err := pixels.Load(sample.Path, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := data.TestInput(cfg, img, want); err != nil {
			t.Fatal(err)
		}
		b, at := all[i/3], i%3
		if b.indices[at] != i || !slices.Equal(b.x[at*len(want):(at+1)*len(want)], want) {
			t.Errorf("image %d is %d, or has other values", i, b.indices[at])
		}
	}
}

// spoil breaks images of a split.
func spoil(t testing.TB, s *data.Split, indices ...int) {
	t.Helper()
	for _, i := range indices {
		if err := os.WriteFile(s.Samples[i].Path, []byte("broken"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBrokenImageStopsTheEpoch(t *testing.T) {
	s, cfg := birds(t, "test")
	spoil(t, s, 4, 5)
	all, err := collect(t, s, cfg, Options{Batch: 2, Workers: 4}, 0, 0)
	var broken *data.ImageError
	if !errors.As(err, &broken) || broken.Index != 4 || broken.Path != s.Samples[4].Path || !strings.Contains(err.Error(), broken.Path+": ") {
		t.Errorf("got %v, want the error of image 4 with its path", err)
	}
	if len(all) != 2 {
		t.Errorf("%d batches before the error, want 2", len(all))
	}
}

func TestBrokenImagesAreLeftOutAndCounted(t *testing.T) {
	s, cfg := birds(t, "test")
	cfg.OnError = "skip"
	whole, err := collect(t, s, cfg, Options{Batch: 7}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	spoil(t, s, 0, 2, 3)
	all, err := collect(t, s, cfg, Options{Batch: 4}, 0, 0)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d batches, %v", len(all), err)
	}
	if b := all[0]; b.n != 1 || b.skipped != 3 || !slices.Equal(b.indices, []int{1}) || !slices.Equal(b.labels, []int{1}) {
		t.Errorf("first batch: %d images %v, labels %v, %d skipped", b.n, b.indices, b.labels, b.skipped)
	}
	n := 3 * 16 * 16
	if !slices.Equal(all[0].x, whole[0].x[n:2*n]) {
		t.Error("image 1 is not in the first place of X")
	}
	if b := all[1]; b.n != 3 || b.skipped != 0 {
		t.Errorf("second batch: %d images, %d skipped", b.n, b.skipped)
	}
	spoil(t, s, 1)
	if all, err = collect(t, s, cfg, Options{Batch: 4}, 0, 0); err != nil || all[0].n != 0 || all[0].skipped != 4 {
		t.Errorf("batch of broken images: %+v, %v", all[0], err)
	}
}

func TestBrokenTrainingImagesAreReplacedAndBatchesStayFull(t *testing.T) {
	s, cfg := birds(t, "train")
	cfg.OnError = "skip"
	opts := Options{Batch: 4, Seed: 3, Train: true}
	before, err := collect(t, s, cfg, opts, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(s, cfg, opts)
	if err != nil {
		t.Fatal(err)
	}
	order := l.Order(0)
	spoil(t, s, order[1], order[2], order[19])
	after, err := run(l, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	skipped := 0
	for k, b := range after {
		skipped += b.skipped
		want := slices.Clone(before[k].indices)
		switch k {
		case 0:
			want[1], want[2] = order[3], order[3]
		case 4:
			want[3] = order[0]
		}
		if b.n != 4 || !slices.Equal(b.indices, want) {
			t.Errorf("batch %d: %v, want %v", k, b.indices, want)
		}
	}
	if skipped != 3 {
		t.Errorf("%d skipped, want 3: each broken image once", skipped)
	}
	if rest, err := collect(t, s, cfg, opts, 0, 2); err != nil || !same(rest, after[2:]) {
		t.Errorf("resumed epoch differs, %v", err)
	}
	spoil(t, s, order...)
	if _, err := collect(t, s, cfg, opts, 0, 0); err == nil || !strings.Contains(err.Error(), "no image can be read") {
		t.Errorf("all broken: got %v", err)
	}
}

func TestCachedEpochsDecodeNothing(t *testing.T) {
	for _, crop := range []data.Crop{data.CropRandom, data.CropResized} {
		s, cfg := birds(t, "train")
		cfg.Augment.Crop = crop
		l, err := New(s, cfg, Options{Batch: 5, Train: true, CacheBytes: -1})
		if err != nil {
			t.Fatal(err)
		}
		first, err := run(l, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range s.Samples {
			if err := os.Remove(sample.Path); err != nil {
				t.Fatal(err)
			}
		}
		if again, err := run(l, 0, 0); err != nil || !same(again, first) {
			t.Errorf("%s: epoch from the cache differs, %v", crop, err)
		}
		if _, err := run(l, 1, 0); err != nil {
			t.Errorf("%s: epoch 1: %v", crop, err)
		}
	}
}

func TestCacheKeepsToItsLimit(t *testing.T) {
	c := newCache(1000)
	p := prepared{resized: ramp(10, 10)} // 300 bytes and the rest
	for i := range 5 {
		c.put(i, p)
		c.put(i, p)
	}
	if c.bytes > 1000 || len(c.kept) != 1 {
		t.Errorf("%d bytes in %d images, want 1 image within 1000", c.bytes, len(c.kept))
	}
	if _, ok := c.get(0); !ok {
		t.Error("the first image is gone")
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

func BenchmarkEpochFromCache(b *testing.B) {
	s, cfg := birds(b, "train")
	l, err := New(s, cfg, Options{Batch: 20, Train: true, CacheBytes: -1})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := run(l, 0, 0); err != nil {
			b.Fatal(err)
		}
	}
}
