package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"acol/internal/engine"
	"acol/internal/kernel/backend"
	"acol/internal/machine"
	"acol/internal/recipe"
	"acol/internal/train"
)

// trainView shows a training: a bar that moves with the steps on a terminal,
// a line now and then otherwise.
type trainView struct {
	s      *streams
	names  []string // of the losses
	ways   []string // what the recipe does beside the usual, a line each
	rates  string   // what to do about learning rates that do not suit the optimiser
	ema    float64  // the decay of the average that is measured; 0 is none
	plan   train.Plan
	images int
	eng    *engine.Engine
	memory *trainMemory
	bar    *bar
	pace   pace
	next   time.Time // of the next plain line
	whole  forecast

	last      train.EpochRecord
	highs     highs
	collapsed []train.EpochRecord // the last epochs, as long as val names one class

	// Sums over the epochs that ended: images, seconds of training, and of these the seconds spent
	// waiting for data.
	trained         int
	seconds, waited float64
}

// plainEvery is the time between two lines of progress within an epoch.
const plainEvery = 30 * time.Second

func newTrainView(
	s *streams, rec *recipe.Recipe, images int, eng *engine.Engine, memory *trainMemory,
) *trainView {
	return &trainView{
		s: s, names: rec.Model.LossNames(), ways: waysOf(rec), rates: adviseRates(rec),
		ema: rec.Train.EMA.Decay, images: images, eng: eng, memory: memory,
	}
}

func (v *trainView) Begin(p train.Plan) {
	v.plan = p
	if v.finished() {
		return
	}
	v.s.say("training %s of %s, %d images in %s; "+
		"kernels %s, arena %d MiB, memory about %s",
		counted(p.Epochs, "epoch"), counted(p.StepsPerEpoch, "step"), v.images, batchesOf(p),
		backend.Describe(v.eng.Backend()), p.ArenaBytes>>20, machine.Size(v.memory.total()))
	for _, line := range v.ways {
		v.s.say("%s", line)
	}
	if v.rates != "" {
		v.s.hint("%s", v.rates)
	}
	if v.ema > 0 {
		v.s.say("val and checkpoints have the average of the weights (train.ema.decay %g)", v.ema)
	}
	if p.Patience > 0 {
		v.s.say("training ends earlier after %s without a better figure (train.best)",
			counted(p.Patience, "epoch"))
	}
	if p.Epoch > 0 || p.Step > 0 {
		v.s.say("resuming at epoch %d, step %d", p.Epoch+1, p.Step+1)
	}
	now, done := time.Now(), p.Epoch*p.StepsPerEpoch+p.Step
	v.pace, v.next = pace{now, done}, now.Add(plainEvery)
	v.whole = newForecast(p, now)
	if v.s.Terminal {
		v.bar = newBar(v.s, p.Epochs*p.StepsPerEpoch, done, "steps")
	}
}

// batchesOf says which batches a training has, and who shares them out.
func batchesOf(p train.Plan) string {
	text := fmt.Sprintf("batches of %d", p.BatchSize)
	if p.Accumulate > 1 {
		text = fmt.Sprintf("steps of %d %s", p.Accumulate, text)
	}
	if p.Processes > 1 {
		text += fmt.Sprintf(" of %d processes", p.Processes)
	}
	if p.Machines > 1 {
		text += fmt.Sprintf(" on %d machines", p.Machines)
	}
	if n := max(p.Processes, 1) * p.Devices; p.Devices > 1 && p.BatchSize%n == 0 {
		text += fmt.Sprintf(", %d on each of %d devices", p.BatchSize/n, n)
	}
	return text
}

// Sees is for pictures.
func (v *trainView) Sees(train.Sight) {}

// finished says that no epoch was left to train when the training began.
func (v *trainView) finished() bool { return v.plan.Done }

// left is how long the rest takes after a number of steps, at most where the training may end
// earlier.
func (v *trainView) left(done int, now time.Time) string {
	left := v.pace.left(done, v.plan.Epochs*v.plan.StepsPerEpoch, now)
	if left != "" && v.plan.Patience > 0 {
		return "at most " + left
	}
	return left
}

func (v *trainView) Step(i train.StepInfo) {
	if line := v.whole.step(time.Now()); line != "" {
		v.clear()
		v.s.say("%s", line)
	}
	text := fmt.Sprintf("epoch %d/%d step %d/%d loss %s top-1 %.1f %% %.0f img/s",
		i.Epoch+1, v.plan.Epochs, i.Step+1, v.plan.StepsPerEpoch, v.losses(i.Losses), i.Top1, i.Rate)
	done := i.Epoch*v.plan.StepsPerEpoch + i.Step + 1
	switch now := time.Now(); {
	case v.bar != nil:
		v.bar.describe(text)
		v.bar.set(done)
	case now.After(v.next):
		if left := v.left(done, now); left != "" {
			text += ", " + left
		}
		v.s.say("%s", text)
		v.next = now.Add(plainEvery)
	}
}

// losses writes each loss with its name, such as p .412 n 2.71.
func (v *trainView) losses(values []float64) string {
	parts := make([]string, len(values))
	for i, l := range values {
		parts[i] = fmt.Sprintf("%s %.3f", v.names[i], l)
	}
	return strings.Join(parts, " ")
}

func (v *trainView) Epoch(r train.EpochRecord) {
	v.clear()
	v.last = r
	if line := v.whole.epoch(time.Now()); line != "" {
		v.s.say("%s", line)
	}
	v.trained, v.seconds, v.waited = v.trained+r.Images, v.seconds+r.Seconds, v.waited+r.Waited
	line := fmt.Sprintf("epoch %d/%d loss %s top-1 %.1f %% %.0f img/s",
		r.Epoch, v.plan.Epochs, v.losses(r.Losses), r.Top1, r.ImagesPerS)
	if r.WaitedShare >= tellWaiting {
		line += fmt.Sprintf(" waited %.0f %%", 100*r.WaitedShare)
	}
	if r.Skipped > 0 {
		line += fmt.Sprintf(" skipped %d", r.Skipped)
	}
	if val := r.Validation; val != nil {
		below := v.highs.see(&r)
		line += fmt.Sprintf(" | val top-1 %.1f %%%s", val.Top1, below[1])
		if val.Collapsed != "" {
			line += fmt.Sprintf(" all taken for %q", val.Collapsed)
		}
		if val.Skipped > 0 {
			line += fmt.Sprintf(" skipped %d", val.Skipped)
		}
		if val.MaxBoxAcc != nil {
			line += fmt.Sprintf(" MaxBoxAcc %.1f %%%s", *val.MaxBoxAcc, below[0])
		}
		if f := r.ChosenBy(); !slices.Contains(shown[:], f.By) {
			if value, ok := f.Of(val); ok {
				line += " " + f.Text(value)
			}
		}
	}
	if r.Best {
		line += " best"
	}
	if done := r.Epoch * v.plan.StepsPerEpoch; !v.s.Terminal {
		if left := v.left(done, time.Now()); left != "" && !r.Ends {
			line += ", " + left
		}
	}
	v.s.say("%s", line)
	v.tellCollapse(r)
	v.next = time.Now().Add(plainEvery)
}

// tellCollapse says once of epochs in a row, unless the training ends with them and says it then,
// that val has collapsed to one class.
func (v *trainView) tellCollapse(r train.EpochRecord) {
	if r.Validation == nil || r.Validation.Collapsed == "" {
		v.collapsed = nil
		return
	}
	v.collapsed = append(v.collapsed, r)
	if len(v.collapsed) == collapseEpochs && !r.Ends {
		line, hint := collapse(v.collapsed, collapseEpochs)
		v.s.say("%s", line)
		v.s.hint("%s", hint)
	}
}

// When the time spent waiting for data is printed: of an epoch from the share tellWaiting on. What
// to do about it is printed of a training from the share muchWaiting on, if it waited for at least
// longWaiting seconds.
const (
	tellWaiting = 0.01
	muchWaiting = 0.1
	longWaiting = 5
)

// summary says how fast the training was, and what to do where it waited much for data.
func (v *trainView) summary() (line, hint string) {
	if v.seconds == 0 {
		return "", ""
	}
	share := v.waited / v.seconds
	took := time.Duration(v.seconds * float64(time.Second)).Round(time.Second / 10)
	line = fmt.Sprintf("trained on %d images in %s: %.1f img/s, %.1f %% of the time waiting for data",
		v.trained, took, float64(v.trained)/v.seconds, 100*share)
	if share >= muchWaiting && v.waited >= longWaiting {
		hint = "a larger data.cache_mb keeps decoded images between epochs; " +
			"images of the input's size are decoded faster"
	}
	return line, hint
}

func (v *trainView) Broken(err error) {
	v.clear()
	v.s.say("skipped: %v", err)
}

// clear makes room for a line above the bar.
func (v *trainView) clear() {
	if v.bar != nil {
		v.bar.clear()
	}
}
