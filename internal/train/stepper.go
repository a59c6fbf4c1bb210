package train

import (
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/mpi"
)

// Stepper does the steps of a training: it computes batches and moves the model's parameters by
// their gradients. Where the engine has devices, the update is part of the compiled step, and what
// it changes stays there until Settle. Otherwise, and where several ranks share a batch, the update
// is computed by the kernels of this process. Several devices share out the images of this process.
type Stepper struct {
	*model.TrainStep
	model    *model.Model
	world    *mpi.World
	opt      Optimizer
	gradient *gradient
	average  *Average
	compiled bool         // the update is a part of the step
	set      []func(Turn) // the numbers of a compiled update
}

// Turn says which batch of a training is computed.
type Turn struct {
	// First and Last say that the batch is the first, or the last, of its step.
	First, Last bool
	// Step counts the steps of the whole training from 1.
	Step int
	// Scale is the factor on all learning rates.
	Scale float64
}

// NewStepper compiles the steps of a training. in.Batch is how many images of a batch this process
// has (Config.PartOf). A nil world is a process of its own.
func NewStepper(
	cfg Config, e *engine.Engine, m *model.Model, in model.Input, w *mpi.World,
) (*Stepper, error) {
	s := &Stepper{model: m, world: w, compiled: e.Keeps() && w.Size() == 1}
	return s, s.compile(cfg, e, in)
}

// compile plans the step, and makes what moves the parameters.
func (s *Stepper) compile(cfg Config, e *engine.Engine, in model.Input) (err error) {
	part := cfg.part(e, s.world)
	parts := func(trained []*model.Param) {
		s.opt = NewOptimizer(cfg.Optimizer, e, trained)
		s.gradient = newGradient(cfg, e, trained, s.world)
		s.gradient.read = func(i int) []float32 { return s.Grad(i) }
		s.average = NewAverage(cfg.EMA, e, s.model)
	}
	if !s.compiled {
		if s.TrainStep, err = s.model.NewPartStep(e, in, part); err == nil {
			parts(s.Trained)
		}
		return err
	}
	s.TrainStep, err = s.model.NewMovingStep(e, in, part, func(u *model.Update) {
		parts(u.Params())
		g, set := s.gradient.compile(u)
		s.set = append(s.set, set, s.opt.compile(u, g), s.average.compile(u))
	})
	return err
}

// Ahead says that the next batch can begin before the results of the one before are read.
func (s *Stepper) Ahead() bool { return s.compiled }

// Begin starts to compute a batch, whose images and targets are set. When it returns, those of the
// next one can be set; End waits for the results.
func (s *Stepper) Begin(t Turn) error {
	for _, set := range s.set {
		set(t)
	}
	return s.Start()
}

// End waits for the results of the oldest batch that was begun.
func (s *Stepper) End() error { return s.Finish() }

// Gather takes in the statistics and the gradients of the batch that has ended, and with the last
// batch of a step those of the other ranks. Of a compiled update it has nothing to do.
func (s *Stepper) Gather(t Turn) error {
	if s.compiled {
		return nil
	}
	if err := s.JoinStatistics(s.world.Sum); err != nil {
		return err
	}
	return s.gradient.add(t)
}

// Move moves the running statistics by what Gather has taken in, and with the last batch of a step
// the parameters and their average. Of a compiled update it has nothing to do.
func (s *Stepper) Move(t Turn) error {
	if s.compiled {
		return nil
	}
	s.UpdateRunning()
	if !t.Last {
		return nil
	}
	if err := s.opt.Step(s.gradient.of, t.Scale, s.gradient.factor()); err != nil {
		return err
	}
	s.model.Changed()
	return s.average.Update(t.Step)
}

// Settle brings what the steps have changed to the memory of this process. Every batch that was
// begun must have ended.
func (s *Stepper) Settle() error { return s.Sync() }
