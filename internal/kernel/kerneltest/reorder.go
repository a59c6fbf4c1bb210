package kerneltest

import (
	"math/rand/v2"
	"testing"

	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/suite"
)

// checkReorder takes tensors to each layout that the backend's steps want and back.
func checkReorder(t *testing.T, b backend.Backend) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, shape := range [][]int{{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 64, 9, 9}, {3, 33, 41, 2},
		{2, 1, 6, 5}, {1, 0, 2, 3}} {
		x := suite.Random(rng, kernel.Elements(shape))
		nhwc, back := make([]float32, b.Size(shape, backend.NHWC)), make([]float32, len(x))
		if err := b.Reorder(nhwc, x, shape, backend.NHWC, backend.Plain); err != nil {
			t.Fatal(err)
		}
		c, pixels := shape[1], shape[2]*shape[3]
		for i, v := range x {
			image, channel, pixel := i/(c*pixels), i/pixels%c, i%pixels
			if got := nhwc[(image*pixels+pixel)*c+channel]; got != v {
				t.Fatalf("shape %v: channel %d of pixel %d of image %d is %g, want %g", shape,
					channel, pixel, image, got, v)
			}
		}
		if err := b.Reorder(back, nhwc, shape, backend.Plain, backend.NHWC); err != nil {
			t.Fatal(err)
		}
		if !suite.SameBits(back, x) {
			t.Errorf("shape %v: there and back differs", shape)
		}
		if err := b.Reorder(back, x, shape, backend.Plain, backend.Plain); err != nil ||
			!suite.SameBits(back, x) {
			t.Errorf("shape %v: a copy differs (%v)", shape, err)
		}
	}
	if err := b.Reorder(make([]float32, 6), make([]float32, 6), []int{2, 3}, backend.NHWC,
		backend.Plain); err == nil {
		t.Error("a matrix became NHWC")
	}
	if err := b.Reorder(make([]float32, 5), make([]float32, 6), []int{2, 3}, backend.Plain,
		backend.Plain); err == nil {
		t.Error("six elements went into five")
	}
}
