// Overlap measures how much a training by several processes could gain at most by summing gradients
// while it still computes: a step whose sum follows the computation, and one in which a sum of the
// same size runs beside all of it. A training that reduced in buckets could begin no earlier, and
// has to wait for the last gradient. docs/cluster.md has the figures.
//
//	go build -tags onednn,mpi -o overlap ./scripts/overlap
//	mpirun -n 2 ./overlap -arch resnet -batch 16
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"acol/internal/bench"
	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/kernel/kernels"
	"acol/internal/model"
	"acol/internal/mpi"
	"acol/scripts/script"
)

func main() { script.Main("overlap", run) }

// options are the flags.
type options struct {
	arch           string
	precision      string
	batch, size    int
	steps, threads int
}

func run(_ context.Context, args []string, out io.Writer) error {
	var o options
	f := flag.NewFlagSet("overlap", flag.ContinueOnError)
	f.StringVar(&o.arch, "arch", "resnet", "the backbone's `family`")
	f.StringVar(&o.precision, "precision", "fp32", "the `precision`, fp32 or bf16")
	f.IntVar(&o.batch, "batch", 16, "`images` of all processes together in a step")
	f.IntVar(&o.size, "size", 224, "their side in `pixels`")
	f.IntVar(&o.steps, "steps", 6, "measured `steps` of each kind")
	f.IntVar(&o.threads, "threads", 1, "`threads` of each process")
	if err := f.Parse(args); err != nil {
		return err
	}
	w, err := mpi.Open(os.Environ())
	if err != nil {
		return err
	}
	if err := o.measure(w, out); err != nil {
		return err
	}
	return w.Close()
}

// step is a model's training step, and memory of the size of its gradients.
type step struct {
	*model.TrainStep
	world *mpi.World
	sums  []float32
}

func (o *options) measure(w *mpi.World, out io.Writer) error {
	s, end, err := o.open(w)
	if err != nil {
		return err
	}
	defer end()
	kinds := []func() error{s.Run, s.after, s.beside}
	seconds := make([][]float64, len(kinds))
	for i := range o.steps + 1 {
		for k, do := range kinds { // in turns
			if _, err := w.Bytes(nil); err != nil { // all begin together
				return err
			}
			begin := time.Now()
			if err := do(); err != nil {
				return err
			}
			if _, err := w.Bytes(nil); err != nil {
				return err
			}
			if i > 0 { // after the warm-up
				seconds[k] = append(seconds[k], time.Since(begin).Seconds())
			}
		}
	}
	if w.Rank() > 0 {
		return nil
	}
	medians := make([]float64, len(kinds))
	for k, list := range seconds {
		slices.Sort(list)
		medians[k] = 1000 * list[len(list)/2]
	}
	alone, after, beside := medians[0], medians[1], medians[2]
	fmt.Fprintf(out, "%s, %d processes, batch %d: %.0f ms computation, %.0f ms with a sum of %.1f MB "+
		"after it (%.1f %% of the step), %.0f ms with one beside it: at most %.1f %% gained\n",
		o.arch, w.Size(), o.batch, alone, after, 4e-6*float64(len(s.sums)), 100*(after-alone)/after,
		beside, 100*(after-beside)/after)
	return nil
}

// open makes the step of a network with two branches.
func (o *options) open(w *mpi.World) (*step, func(), error) {
	cfg := model.DefaultConfig()
	cfg.Backbone.Arch = model.Arch(o.arch)
	if depth, ok := model.UsualDepth(cfg.Backbone.Arch); ok {
		cfg.Backbone.Depth = depth
	}
	m, err := model.New(cfg, 200)
	if err != nil {
		return nil, nil, err
	}
	m.Init(1)
	b, err := kernels.Open(backend.Options{
		Kernels: kernels.Auto, Threads: o.threads, Precision: backend.Precision(o.precision),
	})
	if err != nil {
		return nil, nil, err
	}
	e := engine.New(b)
	from, to := w.Part(o.batch)
	part := &model.Part{Images: o.batch, Sum: w.SumFloats}
	in := model.Input{Batch: to - from, Height: o.size, Width: o.size}
	s, err := m.NewPartStep(e, in, part)
	if err != nil {
		return nil, nil, err
	}
	x, labels := bench.Images(to-from, o.size, 200)
	copy(s.X, x)
	n := 0
	for _, p := range s.Trained {
		n += len(p.Data)
	}
	return &step{s, w, make([]float32, n)}, e.Close, s.SetTargets(model.Labelled(labels...))
}

// after sums when the step is computed.
func (s *step) after() error {
	if err := s.Run(); err != nil {
		return err
	}
	return s.world.Sum(s.sums)
}

// beside sums while the step is computed.
func (s *step) beside() error {
	summed := make(chan error, 1)
	go func() { summed <- s.world.Sum(s.sums) }()
	if err := s.Run(); err != nil {
		return err
	}
	return <-summed
}
