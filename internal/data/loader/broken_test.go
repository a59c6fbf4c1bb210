package loader

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"acol/internal/data"
)

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
	if !errors.As(err, &broken) || broken.Index != 4 || broken.Path != s.Samples[4].Path ||
		!strings.Contains(err.Error(), broken.Path+": ") {
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
	if b := all[0]; b.n != 1 || b.skipped != 3 || !slices.Equal(b.indices, []int{1}) ||
		!slices.Equal(b.labels, []int{1}) {
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
	if all, err = collect(t, s, cfg, Options{Batch: 4}, 0, 0); err != nil || all[0].n != 0 ||
		all[0].skipped != 4 {
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
	if _, err := collect(t, s, cfg, opts, 0, 0); err == nil ||
		!strings.Contains(err.Error(), "no image can be read") {
		t.Errorf("all broken: got %v", err)
	}
}
