package train

import (
	"context"
	"slices"

	"acol/internal/data/loader"
	"acol/internal/data/pixels"
)

// batch is what is known of a batch while it is computed.
type batch struct {
	loader.Batch
	turn Turn
}

// turn is that of the batch to begin next.
func (r *run) turn() Turn {
	step, i := r.begun/r.Config.Accumulate, r.begun%r.Config.Accumulate
	done := r.at.Epoch*r.perEpoch + step
	return Turn{
		First: i == 0, Last: i == r.Config.Accumulate-1, Step: done + 1,
		Scale: r.Config.Schedule.Scale(done, r.perEpoch, r.Config.Epochs),
	}
}

// train computes a batch. With the last batch of a step the parameters move. Where a device
// computes, the batch before is ended once this one has begun, so that the device does not wait.
func (r *run) train(ctx context.Context, of *loader.Batch) error {
	if err := r.load(of); err != nil {
		return err
	}
	b := &batch{*of, r.turn()}
	if err := r.step.Begin(b.turn); err != nil {
		return err
	}
	r.begun++
	if !r.step.Ahead() {
		return r.end(ctx, b)
	}
	b.Inputs, b.Partners = pixels.Inputs{}, loader.Images{} // the loader fills them anew
	b.Labels, b.LabelSets = slices.Clone(of.Labels), slices.Clone(of.LabelSets)
	before := r.ending
	r.ending = b
	return r.end(ctx, before)
}

// end takes in the results of a batch; nil is none.
func (r *run) end(ctx context.Context, b *batch) error {
	if b == nil {
		return nil
	}
	if err := r.step.End(); err != nil {
		return err
	}
	sums := r.sums(&b.Batch)
	sums.stop = ctx.Err() != nil
	if err := r.join(&sums); err != nil {
		return err
	}
	if err := r.finiteLosses(sums.losses); err != nil {
		return err
	}
	if err := r.add(&b.Batch, sums); err != nil {
		return err
	}
	if err := r.step.Gather(b.turn); err != nil {
		return err
	}
	if err := r.step.Move(b.turn); err != nil || !b.turn.Last {
		return err
	}
	r.tell()
	r.at.Step++
	return nil
}

// settle ends the batch that was begun last, and brings the weights to this process.
func (r *run) settle(ctx context.Context) error {
	last := r.ending
	r.ending = nil
	if err := r.end(ctx, last); err != nil {
		return r.during(err)
	}
	return r.step.Settle()
}
