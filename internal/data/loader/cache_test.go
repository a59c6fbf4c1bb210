package loader

import (
	"os"
	"testing"

	"acol/internal/data"
	"acol/internal/data/pixels"
	"acol/internal/machine"
)

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

func TestCacheStopsGrowingWhereMemoryRunsShort(t *testing.T) {
	const each = 8 << 20
	p := prepared{resized: &pixels.RGB{Pix: make([]uint8, each)}}
	c := newCache(1 << 40)
	grown := func(l machine.Limit) int {
		c.free = func() machine.Limit { return l }
		for range 100 {
			c.put(len(c.kept), p)
		}
		return len(c.kept)
	}
	if n := grown(machine.Limit{Free: 130 << 20, Total: 1 << 30, Known: true}); n != 0 {
		t.Errorf("%d images were kept although an eighth of the memory was left", n)
	}
	if n := grown(machine.Limit{Free: 900 << 20, Total: 1 << 30, Known: true}); n != 100 {
		t.Errorf("%d images were kept where there was memory, want 100", n)
	}
	if n := grown(machine.Limit{Free: 100 << 20, Total: 1 << 30, Known: true}); n > 102 {
		t.Errorf("%d images after memory ran short, want about 100", n)
	}
	if n := grown(machine.Limit{}); n < 200 {
		t.Errorf("%d images where the memory is not known, want 100 more", n)
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
