package train

import "acol/internal/data/loader"

// skip draws for each image of a batch which residuals stochastic depth drops.
func (r *run) skip(b *loader.Batch) {
	rates := make([]float64, r.step.Depths())
	if len(rates) == 0 {
		return
	}
	for k := range rates {
		rates[k] = r.step.DepthRate(k)
	}
	for i, index := range b.Indices {
		for k, skip := range skips(r.Config.Seed, r.at.Epoch, index, rates) {
			r.step.Skip(k, i, skip)
		}
	}
}

// skips draws for an image which of the layers with these rates drop its residual. It is a function
// of seed, epoch and image, whatever else is in the batch.
func skips(seed uint64, epoch, index int, rates []float64) []bool {
	rng := stream(forSkipping, seed, epoch, index)
	out := make([]bool, len(rates))
	for k, rate := range rates {
		out[k] = rng.Float64() < rate
	}
	return out
}
