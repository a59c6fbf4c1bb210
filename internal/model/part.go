package model

// Part says that the images of a TrainStep are a part of a batch, and that other processes have the
// others. Losses and gradients are then this part's summands of those of the batch.
type Part struct {
	// Images is the number of images in the batch.
	Images int
	// SyncNorm has batch norms use the statistics of the whole batch, as torch.nn.SyncBatchNorm
	// does. The engine then needs Engine.Join. Otherwise they use those of the part, as PyTorch's
	// DistributedDataParallel leaves them.
	SyncNorm bool
	// Sum replaces numbers by their sums over all parts. All processes call it equally often.
	Sum func(x []float64) error
}

func (p *Part) syncs() bool { return p != nil && p.SyncNorm }

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

// total makes numbers of this part those of the whole batch.
func (p *Part) total(x []float64) error {
	if p == nil {
		return nil
	}
	return p.Sum(x)
}
