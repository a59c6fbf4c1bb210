package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"acol/internal/op"
)

// Part says how the images of a batch are shared out. Several processes may have a part each, of
// which this one's is what a TrainStep is for: its losses and gradients are that part's summands of
// those of the batch. Several devices of this process may share out its part again: their losses
// and gradients are summed up where they are computed.
type Part struct {
	// Images is the number of images in the batch, of all processes.
	Images int
	// SyncNorm has batch norms use the statistics of the whole batch, as torch.nn.SyncBatchNorm
	// does. Between processes the engine then needs Engine.Join, and computes on a processor.
	// Otherwise they use those of the images of one process or device, as PyTorch's
	// DistributedDataParallel leaves them.
	SyncNorm bool
	// Sum replaces numbers by their sums over all processes, which call it equally often. Nil is
	// one process.
	Sum func(x []float64) error
	// Devices is how many devices of the engine share out the images of this process equally; 0 and
	// 1 are one.
	Devices int
}

// shared says that others have images of the batch too.
func (p *Part) shared() bool { return p != nil && (p.Sum != nil || p.Devices > 1) }

func (p *Part) syncs() bool { return p.shared() && p.SyncNorm }

// devices is how many devices share out the images of this process.
func (p *Part) devices() int {
	if p == nil {
		return 1
	}
	return max(p.Devices, 1)
}

// share is the share of the batch that n images are.
func (p *Part) share(n int) float32 {
	if p == nil {
		return 1
	}
	return float32(n) / float32(p.Images)
}

// images is the number of images in the batch of which n are at hand.
func (p *Part) images(n int) int {
	if p == nil {
		return n
	}
	return p.Images
}

// total makes numbers of this process those of the whole batch.
func (p *Part) total(x []float64) error {
	if p == nil || p.Sum == nil {
		return nil
	}
	return p.Sum(x)
}

// check reports images that the devices of this process cannot share out.
func (p *Part) check(images int) error {
	if n := p.devices(); images%n > 0 {
		return fmt.Errorf("%d images cannot be shared out equally to %d devices", images, n)
	}
	return nil
}

// each is how many of n images of this process a device has.
func (b *builder) each(n int) int { return n / max(b.devices, 1) }

// perImage adds an input whose first axis is over the images that a device has, and which reads the
// data of all devices, one after the other.
func (b *builder) perImage(name string, shape []int, data []float32) *G.Node {
	if b.devices <= 1 {
		return leafNode(b.g, name, shape, data)
	}
	n := inputNode(b.g, name, shape)
	b.split = append(b.split, n)
	if err := G.Let(n, op.NewParts(shape, data)); err != nil {
		return b.fail(name, err)
	}
	return n
}

// joined is the sum over the devices of what each of them has.
func (b *builder) joined(name string, x *G.Node) *G.Node {
	if b.devices <= 1 {
		return x
	}
	name = "the sum over devices of " + name
	return b.layer(name, func() (*G.Node, error) { return op.PartSum(x) })
}
