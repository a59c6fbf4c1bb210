package loader

import (
	"testing"

	"acol/internal/data"
)

func TestBatchesOfBytesAreTheNormalisedOnesToTheBit(t *testing.T) {
	for _, training := range []bool{true, false} {
		s, cfg := birds(t, "train")
		spoil(t, s, 3, 11)
		cfg.OnError = data.Skip
		for _, crop := range []data.Crop{data.CropRandom, data.CropResized, data.CropCenter} {
			cfg.Augment = everything(cfg.Augment)
			cfg.Augment.Crop, cfg.Augment.Erasing.Probability = crop, 0
			for _, cache := range []int64{0, 10 << 10} {
				o := Options{Batch: 3, Workers: 2, Seed: 7, Train: training, CacheBytes: cache}
				want, err := collect(t, s, cfg, o, 1, 0)
				if err != nil {
					t.Fatal(err)
				}
				o.Bytes = true
				l, err := New(s, cfg, o)
				if err != nil || l.Norm() == nil {
					t.Fatalf("a loader of bytes normalises by %v: %v", l.Norm(), err)
				}
				if got, err := run(l, 1, 0); err != nil || !same(got, want) {
					t.Errorf("train %v, %s, a cache of %d bytes: other images: %v", training, crop, cache, err)
				}
			}
		}
	}
}

func TestErasingHasBatchesBeNormalised(t *testing.T) {
	s, cfg := birds(t, "train")
	cfg.Augment.Erasing.Probability = 0.5
	for training, normalised := range map[bool]bool{true: true, false: false} {
		l, err := New(s, cfg, Options{Batch: 2, Train: training, Bytes: true})
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range l.Epoch(t.Context(), 0, 0) {
			if err != nil || (b.X != nil) != normalised || (l.Norm() == nil) != normalised {
				t.Errorf("train %v: %d values, %d bytes, %v", training, len(b.X), len(b.Bytes), err)
			}
			break
		}
	}
}
