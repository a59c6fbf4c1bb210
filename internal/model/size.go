package model

import (
	"strings"

	"acol/internal/engine"
)

// Trained returns how many trained values the backbone and the heads have; running statistics do
// not count.
func (m *Model) Trained() (backbone, heads int64) {
	for _, p := range m.store.params {
		switch n := int64(len(p.Data)); {
		case !p.Kind.Trained():
		case p.Group == HeadGroup:
			heads += n
		default:
			backbone += n
		}
	}
	return backbone, heads
}

// TrainedInSPG returns how many of the heads' trained values are those of SPG's branches, which are
// for training alone.
func (m *Model) TrainedInSPG() int64 {
	var n int64
	for _, p := range m.store.params {
		if strings.HasPrefix(p.Name, "spg.") {
			n += int64(len(p.Data))
		}
	}
	return n
}

// Memory is what a model takes, in bytes.
type Memory struct {
	// Weights are all parameters and running statistics.
	Weights int64
	// Inference is the prediction of one image, its weights included.
	Inference int64
	// Training is a training step, its weights included, without what an optimiser keeps.
	Training int64
}

// Memory measures what the model takes on an engine for images of h x w pixels and for training
// steps of batch images. It plans a prediction of one image and training steps of two and of three,
// from which the memory of another batch follows: everything but the weights grows by the same
// amount with each image. A step of one image may have no plan (OneValueError).
func (m *Model) Memory(e *engine.Engine, batch, h, w int) (Memory, error) {
	var mem Memory
	for _, p := range m.store.params {
		mem.Weights += bytes(p)
	}
	predictor, err := m.NewPredictor(e, 1, h, w)
	if err != nil {
		return mem, err
	}
	image := int64(4 * 3 * h * w)
	mem.Inference = mem.Weights + image
	for _, vm := range predictor.VMs() {
		mem.Inference += int64(vm.ArenaBytes())
	}
	var arena [2]int64
	for i := range arena {
		s, err := m.NewTrainStep(e, i+2, h, w)
		if err != nil {
			return mem, err
		}
		arena[i] = int64(s.VM().ArenaBytes())
	}
	n := int64(batch)
	mem.Training = mem.Weights + n*image + arena[0] + (n-2)*max(arena[1]-arena[0], 0)
	return mem, nil
}

func bytes(p *Param) int64 { return int64(4 * len(p.Data)) }
