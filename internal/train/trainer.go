package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"acol/internal/data/loader"
	"acol/internal/engine"
	"acol/internal/model"
	"acol/internal/mpi"
)

// Trainer fits a model to the batches of a loader.
type Trainer struct {
	Config Config
	Model  *model.Model
	Engine *engine.Engine
	Loader *loader.Loader
	// InputSize is the side of the loader's images in pixels.
	InputSize int
	// Store keeps what the training saves.
	Store Store
	// Validate measures the model after each epoch. It may be nil. Of several ranks it is a
	// context.Canceled on all of them where the context of one is done.
	Validate func(ctx context.Context) (Validation, error)
	// Prepared is called before the first step. By then the state to resume from is read and fits,
	// or, without Resume, what an earlier training saved is removed. It may be nil.
	Prepared func() error
	// Observers are told what happens, in their order.
	Observers Observers
	// Resume says that the training goes on from the state in the store.
	Resume bool
	// World shares each batch out to its ranks, whose loaders make their parts of it
	// (Config.PartOf). Their weights are the same bits at each step, so that rank 0 alone needs a
	// store that keeps anything and observers. Nil is a process of its own.
	World *mpi.World
}

// ErrInterrupted says that the training stopped because its context was done. Its state is saved.
var ErrInterrupted = errors.New("training interrupted")

// Run trains to the end of the schedule, or of Config.Patience, and saves after each epoch and
// within it as Config.Save says. When ctx is done it finishes the step that it is in, or abandons
// the validation, saves the state and returns ErrInterrupted. A loss or a weight that is not finite
// ends it with a *DivergedError, and is not saved.
func (t *Trainer) Run(ctx context.Context) error {
	r, err := t.newRun()
	if err := t.World.Agree(err, failed); err != nil {
		return err
	}
	if err := r.start(); err != nil {
		return err
	}
	if err := r.agree(); err != nil {
		return err
	}
	if t.Prepared != nil {
		if err := t.Prepared(); err != nil {
			return err
		}
	}
	t.Observers.Begin(Plan{
		Epochs: t.Config.Epochs, StepsPerEpoch: r.perEpoch,
		BatchSize: t.Config.BatchSize, Accumulate: t.Config.Accumulate,
		Patience: t.Config.Patience, Processes: t.World.Size(), Machines: t.World.Machines(),
		Devices: t.Engine.Devices(),
		Epoch:   r.at.Epoch, Step: r.at.Step, Done: r.ended(),
		Branches: len(t.Model.Config().Branches.Kinds), ArenaBytes: r.step.VM().ArenaBytes(),
	})
	for !r.ended() {
		if err := r.epoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *Trainer) newRun() (*run, error) {
	r := &run{Trainer: t, perEpoch: t.Loader.Steps() / t.Config.Accumulate}
	mine, err := t.Config.PartOf(t.World, t.Engine.Devices())
	if err != nil {
		return nil, err
	}
	side := t.InputSize
	in := model.Input{Batch: mine.To - mine.From, Height: side, Width: side, Norm: t.Loader.Norm()}
	r.step, err = NewStepper(t.Config, t.Engine, t.Model, in, t.World)
	return r, err
}

// ended reports whether no epoch is left to train.
func (r *run) ended() bool { return r.Config.Ended(r.at.Epoch, r.at.BestEpoch) }

// run is a training under way.
type run struct {
	*Trainer
	step     *Stepper
	perEpoch int // steps
	at       progress
	begun    int    // batches of the epoch that were begun
	ending   *batch // the one that was begun last, where the next one begins before it ends
	// began is when the clock of the epoch was read last. The seconds before that are in at.Sums.
	began  time.Time
	looked bool      // the observers have seen a batch
	stop   bool      // some rank was told to stop before it computed the last batch
	lost   []float64 // the losses of each branch over the batches of a step, summed
	saved  time.Time // when the state was saved last, or the training began
}

// start reads the state to resume from, or removes what an earlier training saved.
func (r *run) start() error {
	r.saved = time.Now()
	r.at = progress{Seed: r.Config.Seed, StepsPerEpoch: r.perEpoch, BestBy: r.Config.Best}
	if !r.Resume {
		if err := r.Store.Clear(); err != nil {
			return err
		}
		return r.Store.TrimLog(0)
	}
	if err := r.loadState(); err != nil {
		return fmt.Errorf("resuming: %w", err)
	}
	at := r.at
	if at.Seed != r.Config.Seed {
		return fmt.Errorf("resuming: the saved training has seed %d, the recipe %d",
			at.Seed, r.Config.Seed)
	}
	if at.StepsPerEpoch != r.perEpoch || at.Step > r.perEpoch || at.Epoch < 0 || at.Step < 0 {
		return fmt.Errorf("resuming: the saved training has epochs of %d steps and is at epoch %d "+
			"step %d, the recipe's have %d: other data, batch_size or accumulate",
			at.StepsPerEpoch, at.Epoch+1, at.Step, r.perEpoch)
	}
	within := at.Step > 0 && at.BatchSize > 0
	if c := r.Config; within && (at.BatchSize != c.BatchSize || at.Accumulate != c.Accumulate) {
		return fmt.Errorf("resuming: the saved training is within an epoch of steps of %d batches of %d, "+
			"the recipe has %d of %d: resume with the former, and change them after an epoch",
			at.Accumulate, at.BatchSize, c.Accumulate, c.BatchSize)
	}
	if at.BestBy != r.Config.Best && at.BestEpoch > 0 {
		return fmt.Errorf("resuming: the saved training compares its epochs by train.best %s, "+
			"the recipe by %s: leave that as it was", at.BestBy, r.Config.Best)
	}
	r.at.BestBy = r.Config.Best
	return r.Store.TrimLog(at.Epoch)
}

// epoch trains from r.at to the end of its epoch, then validates, logs and saves.
func (r *run) epoch(ctx context.Context) error {
	r.began, r.begun = time.Now(), r.at.Step*r.Config.Accumulate
	losses := len(r.Model.Config().LossNames())
	if r.at.Sums.Losses == nil {
		r.at.Sums.Losses = make([]float64, losses)
	}
	r.lost = make([]float64, losses)
	if err := r.steps(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	r.readClock()
	if err := r.finite(); err != nil {
		return err
	}
	if r.stopped(ctx) {
		return r.interrupt()
	}
	if err := r.agree(); err != nil {
		return err
	}
	return r.finishEpoch(ctx)
}

// steps does the steps that are left of the epoch, or those until ctx is done.
func (r *run) steps(ctx context.Context) error {
	if r.at.Step >= r.perEpoch {
		return nil
	}
	for b, err := range r.Loader.Epoch(context.WithoutCancel(ctx), r.at.Epoch, r.begun) {
		if err == nil {
			err = r.train(ctx, b)
		}
		if err != nil {
			return r.during(err)
		}
		if r.begun%r.Config.Accumulate > 0 {
			continue
		}
		if r.stopped(ctx) {
			return nil
		}
		if err := r.saveWithin(ctx); err != nil || r.begun == r.perEpoch*r.Config.Accumulate {
			return err
		}
	}
	return nil
}

func (r *run) during(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("training, epoch %d step %d: %w", r.at.Epoch+1, r.at.Step+1, err)
}

// tell tells the observers of a step.
func (r *run) tell() {
	sum := r.at.Sums
	info := StepInfo{
		Epoch: r.at.Epoch, Step: r.at.Step, Top1: percent(sum.Correct, sum.Images),
		Rate: float64(sum.Images) / (sum.Seconds + time.Since(r.began).Seconds()),
	}
	for _, l := range r.lost {
		info.Losses = append(info.Losses, l/float64(r.Config.Accumulate))
	}
	clear(r.lost)
	r.Observers.Step(info)
}

// finiteLosses stops at a loss that is not a number.
func (r *run) finiteLosses(losses []float64) error {
	for i, l := range losses {
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return r.diverged("the loss of "+model.LossTitle(i, r.Model.Config().Branches.Kinds), l)
		}
	}
	return nil
}

// finite is an error where a weight is not finite, so that such weights are never saved. The last
// step may have made them although its loss, which is computed before the update, was finite.
func (r *run) finite() error {
	for _, p := range r.Model.Params() {
		for _, v := range p.Data {
			if v-v != 0 {
				return fmt.Errorf("training, epoch %d step %d: %w",
					r.at.Epoch+1, r.at.Step, r.diverged("a value of "+p.Name, float64(v)))
			}
		}
	}
	return nil
}

func (r *run) diverged(what string, value float64) error {
	return &DivergedError{What: what, Value: value, Clip: r.Config.ClipNorm, Saved: r.Store.HasState()}
}

// DivergedError says that a loss or a weight is no longer finite.
type DivergedError struct {
	What  string // the loss of branch 1, a value of conv1.weight
	Value float64
	Clip  float64 // the clip_norm that did not help
	Saved bool    // there is a state from before to go on from
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("%s is %v: the training has diverged", e.What, e.Value)
}

// Hint says what to change.
func (e *DivergedError) Hint() string {
	h := "lower train.optimizer.lr_backbone and lr_heads, or set train.schedule.warmup_epochs"
	if e.Clip == 0 {
		h += " or train.clip_norm"
	}
	if e.Saved {
		h += "; --resume goes on from the last state saved, which is from before"
	}
	return h
}

// sums are what this rank has of a batch.
func (r *run) sums(b *loader.Batch) batchSums {
	out := batchSums{images: b.N, skipped: b.Skipped}
	for i := range r.lost {
		out.losses = append(out.losses, float64(r.step.BranchLoss(i)))
	}
	for i, label := range b.Labels {
		top := r.step.Top(i)
		if top == label || slices.Contains(b.LabelSets[i], top) {
			out.correct++
		}
	}
	return out
}

// add counts a batch into the sums of its step and its epoch.
func (r *run) add(b *loader.Batch, of batchSums) error {
	sum := &r.at.Sums
	for i, l := range of.losses {
		sum.Losses[i] += l
		r.lost[i] += l
	}
	sum.Correct += of.correct
	sum.Images += of.images
	sum.Skipped += of.skipped
	sum.Waited += b.Waited.Seconds()
	r.stop = r.stop || of.stop
	if of.skipped > 0 {
		return r.tellBroken(b.Broken)
	}
	return nil
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// failed is the exit code of what all ranks end with where one has failed.
const failed = 1

// interrupt saves in the middle of an epoch. All ranks stay until the first of them has saved.
func (r *run) interrupt() error {
	err := r.saveState()
	if err != nil {
		err = fmt.Errorf("saving the interrupted training: %w", err)
	}
	if err := r.World.Agree(err, failed); err != nil {
		return err
	}
	return ErrInterrupted
}
