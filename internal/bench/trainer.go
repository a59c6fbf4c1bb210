package bench

import (
	"time"

	"acol/internal/data/pixels"
	"acol/internal/model"
	"acol/internal/train"
)

// trainer runs training steps.
type trainer struct {
	step     *model.TrainStep
	gradient *train.Gradient
	opt      train.Optimizer
	mean     *train.Average
	done     int // steps
	exchange *Exchange
	options  Options
}

func newTrainer(o Options, norm *pixels.Normalizer) (t *trainer, err error) {
	part := o.part()
	t = &trainer{options: o}
	if part != nil {
		t.exchange = &Exchange{Ranks: o.World.Size()}
	}
	in := o.input(norm)
	in.Batch = o.mine()
	if t.step, err = o.Model.NewPartStep(o.Engine, in, part); err != nil {
		return nil, err
	}
	cfg := o.Train
	cfg.Accumulate, cfg.ClipNorm = 1, 0
	t.gradient = train.NewGradient(cfg, o.Engine, t.step, o.World)
	t.opt = train.NewOptimizer(o.Train.Optimizer, o.Engine, t.step.Trained)
	t.mean = train.NewAverage(o.Train.EMA, o.Engine, o.Model)
	return t, nil
}

// benchRate scales the learning rates down, so that weights do not diverge on noise. A step costs
// the same at any rate.
const benchRate = 1e-6

// train runs one step on a batch. The time of what is not in the graph goes into p under a name.
func (t *trainer) train(in pixels.Inputs, labels []int, p *profile) error {
	begin := time.Now()
	s := t.step
	pixels.Inputs{X: s.X, Bytes: s.Bytes}.Copy(in)
	if err := s.SetTargets(model.Labelled(labels...)); err != nil {
		return err
	}
	p.outside("input", time.Since(begin))
	if err := s.Run(); err != nil {
		return err
	}
	if err := t.share(p); err != nil {
		return err
	}
	begin = time.Now()
	if err := t.opt.Step(t.gradient.Of, benchRate, t.gradient.Factor()); err != nil {
		return err
	}
	p.outside("optimizer", time.Since(begin))
	if t.mean != nil {
		begin = time.Now()
		t.done++
		if err := t.mean.Update(t.done); err != nil {
			return err
		}
		p.outside("average of the weights", time.Since(begin))
	}
	begin = time.Now()
	s.UpdateRunning()
	p.outside("running averages", time.Since(begin))
	return nil
}
