package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"acol/internal/data/pixels"
	"acol/internal/kernel"
	"acol/internal/kernel/backend"
	"acol/internal/op"
)

// Input says how many images a graph takes and in which form.
type Input struct {
	// Batch is the number of images, at most, and Height and Width are their sides in pixels.
	Batch, Height, Width int
	// Norm has images come as bytes, which are then normalised by it. With nil they come
	// normalised. The graph normalises where engine.TakesBytes.
	Norm *pixels.Normalizer
}

// values is the number of values of an image.
func (in Input) values() int { return 3 * in.Height * in.Width }

// images is the input of a graph: memory of its images.
type images struct {
	Input
	x     []float32 // (Batch,3,H,W); nil where the graph takes bytes
	bytes []byte    // (Batch,H,W,3); nil where the graph takes normalised values
	leaf  *G.Node   // of the images of a device
	parts int       // the devices
}

// shown are the images that a network has been shown: n of up to Batch.
type shown struct {
	*images
	n int
}

// Batch returns how many images one call takes at most.
func (s *shown) Batch() int { return s.images.Batch }

// newImages adds images to the graph, as bytes where asBytes says so, and returns those of a device
// normalised, (N,3,H,W). What reads the graph's images needs them before a run, by feed.
func (b *builder) newImages(in Input, asBytes bool) (im *images, x *G.Node) {
	im = &images{Input: in, parts: max(b.devices, 1)}
	n := b.each(in.Batch)
	defer func() {
		if im.parts > 1 {
			b.split = append(b.split, im.leaf)
		}
	}()
	if !asBytes || in.Norm == nil {
		im.leaf = inputNode(b.g, "image", []int{n, 3, in.Height, in.Width})
		return im, im.leaf
	}
	im.leaf = G.NewTensor(b.g, tensor.Uint8, 4, G.WithName("image"),
		G.WithShape(n, in.Height, in.Width, 3))
	table := make([]float32, 0, 3*kernel.ByteValues)
	for c := range in.Norm {
		table = append(table, in.Norm[c][:]...)
	}
	norm := leafNode(b.g, "normalisation", []int{3, kernel.ByteValues}, table)
	b.constants = append(b.constants, norm)
	return im, b.layer("the images' normalisation", func() (*G.Node, error) {
		return op.Normalize(im.leaf, norm)
	})
}

// feed gives the graph its memory, once it is planned.
func (im *images) feed() error {
	n := im.Batch * im.values()
	if im.leaf.Dtype() != tensor.Uint8 {
		im.x = make([]float32, n)
		return G.Let(im.leaf, op.NewParts(im.leaf.Shape(), im.x))
	}
	words := make([]float32, backend.WordsOfBytes(n))
	im.bytes = backend.AsBytes(words, n)
	return G.Let(im.leaf, op.NewByteParts(im.leaf.Shape(), words))
}

// set takes n images. What lies behind them is 0.
func (im *images) set(in pixels.Inputs, n int) error {
	per, got := im.values(), len(in.X)+len(in.Bytes)
	if n < 1 || n > im.Batch || got < n*per {
		return fmt.Errorf("%d images in %d values, want 1 to %d of %d each", n, got, im.Batch, per)
	}
	switch {
	case in.Bytes == nil && im.bytes != nil:
		return fmt.Errorf("normalised images for a network that takes bytes")
	case in.Bytes != nil && im.Norm == nil:
		return fmt.Errorf("images as bytes for a network that takes normalised values")
	case im.bytes != nil:
		clear(im.bytes[copy(im.bytes, in.Bytes[:n*per]):])
		return nil
	case in.Bytes == nil:
		clear(im.x[copy(im.x, in.X[:n*per]):])
		return nil
	}
	for i := range n {
		im.Norm.Planes(im.x[i*per:][:per], in.Bytes[i*per:][:per])
	}
	clear(im.x[n*per:])
	return nil
}
