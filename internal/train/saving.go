package train

import (
	"context"
	"fmt"
	"time"
)

// Saving is the train.save section of a recipe: how often the state is saved within an epoch, so
// that a crash costs no more than the time since. It is always saved at the end of an epoch and at
// an interrupt. Training goes on from any of these with the same result.
type Saving struct {
	// Minutes is the time after which the state is saved again, at the end of a step; 0 is never.
	Minutes float64 `mapstructure:"minutes"`
	// Steps is the number of steps of an epoch after which the state is saved again; 0 is never.
	Steps int `mapstructure:"steps"`
}

// maxSaveMinutes is a year.
const maxSaveMinutes = 365 * 24 * 60

// due says whether to save after a number of steps of the epoch, the last save being so long ago.
func (s Saving) due(steps int, since time.Duration) bool {
	return s.Steps > 0 && steps%s.Steps == 0 || s.Minutes > 0 && since.Minutes() >= s.Minutes
}

// saveWithin saves the state within an epoch where it is time for that. What is saved is what an
// interrupt saves, so that the training goes on from both in the same way.
func (r *run) saveWithin(ctx context.Context) error {
	step := r.begun / r.Config.Accumulate
	atEnd := step == r.perEpoch && r.Validate == nil // the epoch saves at once
	if atEnd || !r.Config.Save.due(step, time.Since(r.saved)) {
		return nil
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	r.readClock()
	if err := r.finite(); err != nil {
		return err
	}
	if err := r.saveState(); err != nil {
		return fmt.Errorf("saving epoch %d at step %d: %w", r.at.Epoch+1, r.at.Step, err)
	}
	r.began = time.Now() // saving is no training
	return nil
}

// readClock adds the time since it was last read to the epoch's seconds.
func (r *run) readClock() {
	now := time.Now()
	r.at.Sums.Seconds += now.Sub(r.began).Seconds()
	r.began = now
}
