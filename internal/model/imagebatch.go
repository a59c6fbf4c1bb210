package model

import "fmt"

// imageBatch is the input of a network: memory for up to batch images, of which n are at hand.
type imageBatch struct {
	batch, n int
	x        []float32 // (batch,3,H,W)
}

// newImageBatch makes the memory of up to batch images of h x w pixels.
func newImageBatch(batch, h, w int) imageBatch {
	return imageBatch{batch: batch, x: make([]float32, batch*3*h*w)}
}

// Batch returns how many images one call takes at most.
func (b *imageBatch) Batch() int { return b.batch }

// set takes n images, x (n,3,H,W). What lies behind them is 0.
func (b *imageBatch) set(x []float32, n int) error {
	per := len(b.x) / b.batch
	if n < 1 || n > b.batch || len(x) < n*per {
		return fmt.Errorf("%d images in %d values, want 1 to %d of %d each", n, len(x), b.batch, per)
	}
	b.n = n
	copy(b.x, x[:n*per])
	clear(b.x[n*per:])
	return nil
}
