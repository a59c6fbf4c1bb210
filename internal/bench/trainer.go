package bench

import (
	"time"

	"acol/internal/data/pixels"
	"acol/internal/model"
	"acol/internal/train"
)

// trainer runs training steps.
type trainer struct {
	step     *train.Stepper
	done     int // steps that were begun
	ahead    int // those that have not ended
	exchange *Exchange
	options  Options
}

func newTrainer(o Options, norm *pixels.Normalizer) (t *trainer, err error) {
	t = &trainer{options: o}
	if o.World.Size() > 1 {
		t.exchange = &Exchange{Ranks: o.World.Size(), Machines: o.World.Machines()}
	}
	cfg := o.Train
	cfg.BatchSize, cfg.Accumulate, cfg.ClipNorm = o.Batch, 1, 0
	in := o.input(norm)
	in.Batch = o.mine()
	t.step, err = train.NewStepper(cfg, o.Engine, o.Model, in, o.World)
	return t, err
}

// benchRate scales the learning rates down, so that weights do not diverge on noise. A step costs
// the same at any rate.
const benchRate = 1e-6

// train runs one step on a batch. The time of what is not in the graph goes into p under a name.
// Where a training begins a step before it reads the results of the one before, so does this: each
// call but the first ends the step that the call before has begun. Profiled steps do not overlap.
func (t *trainer) train(in pixels.Inputs, labels []int, p *profile) error {
	begin := time.Now()
	s := t.step
	pixels.Inputs{X: s.X, Bytes: s.Bytes}.Copy(in)
	if err := s.SetTargets(model.Labelled(labels...)); err != nil {
		return err
	}
	p.outside("input", time.Since(begin))
	most := 0 // steps under way at the end
	if s.Ahead() && !t.options.Profile {
		most = 1
	}
	turn := train.Turn{First: true, Last: true, Scale: benchRate}
	for t.ahead <= most {
		t.done, t.ahead = t.done+1, t.ahead+1
		turn.Step = t.done
		if err := s.Begin(turn); err != nil {
			return err
		}
	}
	if err := s.End(); err != nil {
		return err
	}
	t.ahead--
	if err := t.share(turn, p); err != nil {
		return err
	}
	begin = time.Now()
	if err := s.Move(turn); err != nil {
		return err
	}
	p.outside("update", time.Since(begin))
	return nil
}
