package model_test

import (
	"fmt"
	"math"
	"testing"

	"acol/internal/engine"
	"acol/internal/engine/enginetest"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/mpi/mpitest"
)

// Where every device and every process has the same images, norms of their own images are those of
// one that has them alone: the variance in the running averages is that of a sample of these
// images, however many the batch has.
func TestNormsOfEqualPartsAreThoseOfOnePart(t *testing.T) {
	want := runEqualParts(t, 1, 1)[0]
	for _, of := range [][2]int{{2, 1}, {1, 2}, {2, 2}} {
		for r, got := range runEqualParts(t, of[0], of[1]) {
			what := fmt.Sprintf("rank %d of %d of %d devices: running statistics", r, of[0], of[1])
			near(t, what, got, want, 1e-5)
		}
	}
}

// runEqualParts gives the running statistics of each rank after a step of the same two images on
// each device of each rank.
func runEqualParts(t *testing.T, ranks, devices int) [][]float64 {
	t.Helper()
	const images, side = 2, 40
	models, engines := make([]*model.Model, ranks), make([]*engine.Engine, ranks)
	for r := range ranks {
		models[r], engines[r] = small(t, nil), enginetest.Open(t, enginetest.OneThread)
		if devices > 1 {
			engines[r] = enginetest.Devices(t, devices)
		}
	}
	all := make([][]float64, ranks)
	mpitest.Run(t, ranks, func(w *mpi.World) error {
		m, e := models[w.Rank()], engines[w.Rank()]
		part := &model.Part{Images: images * ranks * devices, Devices: devices}
		if ranks > 1 {
			part.Sum = w.SumFloats
		}
		in := model.Input{Batch: images * devices, Height: side, Width: side}
		s, err := m.NewPartStep(e, in, part)
		if err != nil {
			return err
		}
		for i := range s.X {
			s.X[i] = float32(math.Sin(float64(i % (images * 3 * side * side) * 7)))
		}
		labels := make([]int, images*devices)
		for i := range labels {
			labels[i] = i % images
		}
		if err := s.SetTargets(model.Labelled(labels...)); err != nil {
			return err
		}
		if err := s.Run(); err != nil {
			return err
		}
		if err := s.JoinStatistics(w.Sum); err != nil {
			return err
		}
		s.UpdateRunning()
		for _, p := range m.Params() {
			if !p.Kind.Trained() {
				all[w.Rank()] = append(all[w.Rank()], floats(p.Data)...)
			}
		}
		return nil
	})
	return all
}
