package train

import "acol/internal/model"

// Memory returns what a training holds beside the network's parameters and values, and what it
// takes to save it, in bytes: the optimiser's tensors, the sum of accumulated gradients and the
// running average; and a copy of the state. Ranks is the number of processes that train together.
func (c Config) Memory(params []*model.Param, ranks int) (held, saving int64) {
	var trained, all int64
	for _, p := range params {
		n := 4 * int64(len(p.Data))
		all += n
		if p.Kind.Trained() && !p.Frozen {
			trained += n
		}
	}
	kept := trained * int64(len(c.Optimizer.tensors()))
	if c.EMA.Decay > 0 {
		for _, p := range changing(params) {
			kept += 4 * int64(len(p.Data))
		}
	}
	held = kept
	if c.Accumulate > 1 || ranks > 1 {
		held += trained
	}
	return held, all + kept
}
