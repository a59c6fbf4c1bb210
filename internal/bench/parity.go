package bench

import (
	"fmt"
	"math"
	"time"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/model"
)

// Parity is what two engines make of the same network, weights and images. A difference is relative
// to the largest value of the tensor that it is in.
type Parity struct {
	// Inference is the largest difference of logits and maps in inference.
	Inference float64 `json:"inference"`
	// Training is the largest difference of losses, logits and maps in a training step.
	Training float64 `json:"training"`
	// Gradients is the largest difference of a parameter's gradient, and Parameter the name of that
	// parameter. A gradient that is small beside the others, as the bias before a batch norm has,
	// counts relative to a thousandth of the largest of all.
	Gradients float64 `json:"gradients"`
	Parameter string  `json:"parameter"`
	// CompileSeconds is how long the second engine took to compile both graphs.
	CompileSeconds float64 `json:"compile_seconds"`
	// Seconds is how long a training step takes on each engine, the first run left out.
	Seconds [2]float64 `json:"seconds"`
}

// Bounds of a Parity between float32 engines that sum in different orders.
const (
	parityForward   = 2e-4
	parityGradients = 5e-3
)

// OK says whether the differences can be those of rounding, where the first engine computes in
// float32 and the second in a precision. Networks with initial weights multiply the rounding of
// lower ones: batch norms over few images do, and an erased position more or less. So of these OK
// says no more than that all values are numbers.
func (p *Parity) OK(in backend.Precision) bool {
	forward, gradients := parityForward, parityGradients
	if in != backend.FP32 {
		forward, gradients = math.MaxFloat64, math.MaxFloat64
	}
	return p.Inference <= forward && p.Training <= forward && p.Gradients <= gradients
}

// Compare runs a model on two engines: inference, then a training step, which changes no parameter.
// Images are n of noise, of size x size pixels, and so many more that the devices of each engine
// can share them out.
func Compare(m *model.Model, engines [2]*engine.Engine, n, size int) (*Parity, error) {
	res := &Parity{}
	var predictions [2][]model.Prediction
	var steps [2]*model.TrainStep
	unit := engines[0].Devices() * engines[1].Devices()
	n = (n + unit - 1) / unit * unit
	x, labels := Images(n, size, m.Classes())
	for i, e := range engines {
		since := time.Now()
		p, err := m.NewPredictor(e, n, size, size)
		if err != nil {
			return nil, err
		}
		defer closeAll(p.VMs()...)
		in := model.Input{Batch: n, Height: size, Width: size}
		part := &model.Part{Images: n, Devices: e.Devices(), SyncNorm: true}
		if steps[i], err = m.NewPartStep(e, in, part); err != nil {
			return nil, err
		}
		defer closeAll(steps[i].VM())
		res.CompileSeconds = time.Since(since).Seconds()
		if err := p.Images(x, n); err != nil {
			return nil, err
		}
		if predictions[i], err = p.Localize(labels); err != nil {
			return nil, err
		}
		if res.Seconds[i], err = stepTwice(steps[i], x, labels); err != nil {
			return nil, err
		}
	}
	for i, q := range predictions[0] {
		for b := range q.Logits {
			other := predictions[1][i]
			res.Inference = max(res.Inference, difference(q.Logits[b], other.Logits[b], 0),
				difference(q.Maps[b].V, other.Maps[b].V, 0))
		}
	}
	for b := range m.Config().Branches.Kinds {
		res.Training = max(res.Training,
			difference(steps[0].Logits(b), steps[1].Logits(b), 0),
			difference(steps[0].Maps(b), steps[1].Maps(b), 0),
			difference([]float32{steps[0].BranchLoss(b)}, []float32{steps[1].BranchLoss(b)}, 0))
	}
	res.compareGradients(steps)
	return res, nil
}

// stepTwice runs a training step and gives the time of the second run.
func stepTwice(s *model.TrainStep, x []float32, labels []int) (float64, error) {
	copy(s.X, x)
	if err := s.SetTargets(model.Labelled(labels...)); err != nil {
		return 0, err
	}
	if err := s.Run(); err != nil {
		return 0, fmt.Errorf("running a training step: %w", err)
	}
	since := time.Now()
	err := s.Run()
	return time.Since(since).Seconds(), err
}

// compareGradients finds the parameter whose gradient differs most.
func (p *Parity) compareGradients(steps [2]*model.TrainStep) {
	const small = 1e-3
	top := 0.0
	for i := range steps[0].Trained {
		top = max(top, largest(steps[0].Grad(i)))
	}
	for i, q := range steps[0].Trained {
		if d := difference(steps[0].Grad(i), steps[1].Grad(i), small*top); d >= p.Gradients {
			p.Gradients, p.Parameter = d, q.Name
		}
	}
}

// largest is the largest absolute value; infinite where one is no number.
func largest[T float32 | float64](x []T) float64 {
	top := 0.0
	for _, v := range x {
		if math.IsNaN(float64(v)) {
			return math.Inf(1)
		}
		top = max(top, math.Abs(float64(v)))
	}
	return top
}

// difference is the largest difference of two tensors relative to the largest value of the first,
// or to least if that is larger; infinite where a value is no number.
func difference[T float32 | float64](a, b []T, least float64) float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = float64(a[i] - b[i])
	}
	if off := largest(d); off > 0 {
		return off / max(largest(a), least, math.SmallestNonzeroFloat32)
	}
	return 0
}
