// Package bench measures how fast a model trains and infers: images a second,
// memory, the time of every layer and computation, and how long training
// waits for data.
package bench

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/train"
)

// Options say what is measured. The model's weights change.
type Options struct {
	Model  *model.Model
	Engine *engine.Engine
	// Batch images of Size x Size pixels a step.
	Batch, Size int
	// Warmup steps come before the Steps that are measured.
	Warmup, Steps int
	// Train is the optimiser and its threads.
	Train train.Config
	// Profile measures the instructions of every step too.
	Profile bool
	// Progress is told how many steps are done, warm-up included; nil is not.
	Progress func(done, total int)
}

// Result is what was measured of training or of inference.
type Result struct {
	Batch int `json:"batch"`
	// Seconds are those of each measured step.
	Seconds    []float64 `json:"seconds"`
	ArenaBytes int       `json:"arena_bytes"`
	// Instructions is the length of the plan.
	Instructions int `json:"instructions"`
	// Profile has each layer's computations, with Options.Profile.
	Profile []Entry `json:"profile,omitempty"`
}

// Rate is images a second by the median step.
func (r *Result) Rate() float64 { return float64(r.Batch) / quantile(r.Seconds, 0.5) }

// Step is the seconds of a step: a quantile of the measured ones, 0.5 the median.
func (r *Result) Step(q float64) float64 { return quantile(r.Seconds, q) }

// quantile interpolates between the nearest of the sorted values.
func quantile(values []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(values))
	at := q * float64(len(s)-1)
	i := min(int(at), len(s)-2)
	if i < 0 {
		return s[0]
	}
	return s[i] + (s[i+1]-s[i])*(at-float64(i))
}

// imageSeed makes the images and labels of every run the same.
const imageSeed = 1

// Images makes n images (n,3,size,size) of noise, as if normalised, and their labels.
func Images(n, size, classes int) (x []float32, labels []int) {
	r := rand.New(rand.NewPCG(imageSeed, 0))
	x, labels = make([]float32, n*3*size*size), make([]int, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	for i := range labels {
		labels[i] = r.IntN(classes)
	}
	return x, labels
}

// Train measures training steps as acol train does them: forward, backward, the optimiser and batch
// norm's running averages.
func Train(ctx context.Context, o Options) (*Result, error) {
	t, err := newTrainer(o)
	if err != nil {
		return nil, err
	}
	defer closeAll(t.step.VM())
	x, labels := Images(o.Batch, o.Size, o.Model.Classes())
	res := &Result{Batch: o.Batch, ArenaBytes: t.step.VM().ArenaBytes(), Instructions: t.step.VM().Instructions()}
	return res, o.repeat(ctx, res, []*engine.VM{t.step.VM()}, func(p *profile) error { return t.train(x, labels, p) })
}

// Infer measures batches through the backbone and through every branch for one class of each image.
func Infer(ctx context.Context, o Options) (*Result, error) {
	p, err := o.Model.NewPredictor(o.Engine, o.Batch, o.Size, o.Size)
	if err != nil {
		return nil, err
	}
	defer closeAll(p.VMs()...)
	x, labels := Images(o.Batch, o.Size, o.Model.Classes())
	res := &Result{Batch: o.Batch}
	for _, vm := range p.VMs() {
		res.ArenaBytes += vm.ArenaBytes()
		res.Instructions += vm.Instructions()
	}
	return res, o.repeat(ctx, res, p.VMs(), func(*profile) error {
		if err := p.Images(x, o.Batch); err != nil {
			return err
		}
		_, err := p.Localize(labels)
		return err
	})
}

// closeAll lets the memory go before the next measurement.
func closeAll(vms ...*engine.VM) {
	for _, vm := range vms {
		_ = vm.Close()
	}
}

// repeat does the steps and times those after the warm-up.
func (o Options) repeat(ctx context.Context, res *Result, vms []*engine.VM, step func(*profile) error) error {
	var p *profile
	for i := range o.Warmup + o.Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if i == o.Warmup && o.Profile {
			p = newProfile()
			for _, vm := range vms {
				vm.Profile(p.instruction)
			}
		}
		since := time.Now()
		if err := step(p); err != nil {
			return err
		}
		if i >= o.Warmup {
			res.Seconds = append(res.Seconds, time.Since(since).Seconds())
		}
		if o.Progress != nil {
			o.Progress(i+1, o.Warmup+o.Steps)
		}
	}
	for _, vm := range vms {
		vm.Profile(nil)
	}
	if p != nil {
		res.Profile = p.perStep(res.Seconds)
	}
	return nil
}

// trainer does training steps.
type trainer struct {
	step *model.TrainStep
	opt  *train.SGD
}

func newTrainer(o Options) (*trainer, error) {
	s, err := o.Model.NewTrainStep(o.Engine, o.Batch, o.Size, o.Size)
	if err != nil {
		return nil, err
	}
	return &trainer{s, train.NewSGD(o.Train.Optimizer, o.Engine, s.Trained)}, nil
}

// benchRate keeps the weights from diverging on noise: it scales the learning rates, which cost the same at any value.
const benchRate = 1e-6

// train does one step on a batch; what is not the graph's goes into the profile by name.
func (t *trainer) train(x []float32, labels []int, p *profile) error {
	begin := time.Now()
	s := t.step
	copy(s.X, x)
	if err := s.SetTargets(model.Labelled(labels...)); err != nil {
		return err
	}
	p.outside("input", time.Since(begin))
	if err := s.Run(); err != nil {
		return err
	}
	begin = time.Now()
	if err := t.opt.Step(s.Grad, benchRate, 1); err != nil {
		return err
	}
	p.outside("optimizer", time.Since(begin))
	begin = time.Now()
	s.UpdateRunning()
	p.outside("running averages", time.Since(begin))
	return nil
}
