// Package bench measures how fast a model trains and infers on this machine: images a second,
// memory, the time of every layer and computation, and how long training waits for data.
package bench

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"acol/internal/data/pixels"
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/internal/train"
)

// Options say what is measured. Measuring a training changes the model's weights.
type Options struct {
	Model  *model.Model
	Engine *engine.Engine
	// Batch is the number of images in a step, of all ranks together, and Size the side of each in
	// pixels.
	Batch, Size int
	// Warmup is the number of steps before measuring begins, and Steps that of measured ones.
	Warmup, Steps int
	// Train configures the optimiser.
	Train train.Config
	// World shares each batch of a training out to its ranks. Nil is a process of its own.
	World *mpi.World
	// Profile measures the instructions of every step, too.
	Profile bool
	// Progress, if not nil, is called after each step with the number of steps that are done and
	// that of all steps. Both include the warm-up.
	Progress func(done, total int)
}

// Result is what was measured of training or of inference.
type Result struct {
	Batch int `json:"batch"`
	// Seconds is how long each measured step took.
	Seconds []float64 `json:"seconds"`
	// ArenaBytes is the memory of the values that a step computes.
	ArenaBytes int `json:"arena_bytes"`
	// Instructions is the number of instructions in a step.
	Instructions int `json:"instructions"`
	// Profile has the computations of each layer. It is nil without Options.Profile.
	Profile []Entry `json:"profile,omitempty"`
	// Exchange is what the ranks of a training exchanged. It is nil where there is one.
	Exchange *Exchange `json:"exchange,omitempty"`
}

// Rate is the images a second of the median step.
func (r *Result) Rate() float64 { return float64(r.Batch) / quantile(r.Seconds, 0.5) }

// Step is the q-quantile of the steps' seconds. The median is Step(0.5).
func (r *Result) Step(q float64) float64 { return quantile(r.Seconds, q) }

// quantile is the q-quantile of at least one value, interpolated between the two nearest ones.
func quantile(values []float64, q float64) float64 {
	s := slices.Sorted(slices.Values(values))
	at := q * float64(len(s)-1)
	i := min(int(at), len(s)-2)
	if i < 0 {
		return s[0]
	}
	return s[i] + (s[i+1]-s[i])*(at-float64(i))
}

// imageSeed is the seed of the images and labels, which are therefore always the same.
const imageSeed = 1

// noise makes n images of noise as an engine takes them, and n labels.
func noise(e *engine.Engine, n, size, classes int) (in pixels.Inputs, labels []int) {
	x, labels := Images(n, size, classes)
	if !e.TakesBytes() {
		return pixels.Inputs{X: x, Size: size}, labels
	}
	norm := pixels.NewNormalizer([]float64{.5, .5, .5}, []float64{.25, .25, .25})
	in = pixels.NewInputs(n, size, norm, true)
	for i, v := range x {
		in.Bytes[i] = byte(max(0, min(128+64*v, 255)))
	}
	return in, labels
}

// Images makes n images of noise, axes (n,3,size,size), as if they were normalised, and n labels.
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

// Train measures training steps as acol train does them: forward pass, backward pass, optimiser,
// the average of the weights and the running averages of batch norm.
func Train(ctx context.Context, o Options) (*Result, error) {
	in, labels := noise(o.Engine, o.mine(), o.Size, o.Model.Classes())
	t, err := newTrainer(o, in.Norm)
	if err != nil {
		return nil, err
	}
	defer closeAll(t.step.VM())
	vm := t.step.VM()
	res := &Result{Batch: o.Batch, ArenaBytes: vm.ArenaBytes(), Instructions: vm.Instructions()}
	err = o.repeat(ctx, res, []*engine.VM{vm}, func(p *profile) error {
		return t.train(in, labels, p)
	})
	if t.exchange != nil && err == nil {
		t.exchange.skip(o.Warmup)
		res.Exchange = t.exchange
		err = t.exchange.settle(o.World)
	}
	return res, err
}

// Infer measures inference steps: the backbone, and every branch for one class of each image.
func Infer(ctx context.Context, o Options) (*Result, error) {
	in, labels := noise(o.Engine, o.Batch, o.Size, o.Model.Classes())
	p, err := o.Model.PredictorOf(o.Engine, o.input(in.Norm))
	if err != nil {
		return nil, err
	}
	defer closeAll(p.VMs()...)
	res := &Result{Batch: o.Batch}
	for _, vm := range p.VMs() {
		res.ArenaBytes += vm.ArenaBytes()
		res.Instructions += vm.Instructions()
	}
	return res, o.repeat(ctx, res, p.VMs(), func(*profile) error {
		if err := p.See(in, o.Batch); err != nil {
			return err
		}
		_, err := p.Localize(labels)
		return err
	})
}

// closeAll frees the memory of vms, so that the next measurement does not count it.
func closeAll(vms ...*engine.VM) {
	for _, vm := range vms {
		_ = vm.Close()
	}
}

// repeat runs the steps and times those after the warm-up. step gets the profile of those that are
// measured, or nil.
func (o Options) repeat(
	ctx context.Context, res *Result, vms []*engine.VM, step func(*profile) error,
) error {
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

// input is what graphs take: bytes, where norm normalises them.
func (o Options) input(norm *pixels.Normalizer) model.Input {
	return model.Input{Batch: o.Batch, Height: o.Size, Width: o.Size, Norm: norm}
}
