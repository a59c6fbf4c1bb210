package main

import (
	"fmt"
	"time"

	"acol/internal/train"
)

// forecast estimates how long a training takes, from its first steps, and tells where that turns
// out far from the truth.
type forecast struct {
	plan  train.Plan
	begin time.Time
	steps int // that are done
	// estimate is how long the whole takes, as it was told last; 0 before it was told.
	estimate time.Duration
	told     int // how often the estimate was corrected
}

// Of a forecast: how many steps and how much time come before the first estimate, by what factor a
// training may miss it, and by how much time at least.
const (
	firstSteps = 4
	firstTime  = 5 * time.Second
	farFactor  = 1.5
	farTime    = time.Minute
	tellTime   = 20 * time.Second // a shorter training needs no estimate
)

func newForecast(p train.Plan, now time.Time) forecast { return forecast{plan: p, begin: now} }

// left is how many steps were left when the training began.
func (f *forecast) left() int {
	return (f.plan.Epochs-f.plan.Epoch)*f.plan.StepsPerEpoch - f.plan.Step
}

// whole is how long the training takes by what is known now.
func (f *forecast) whole(now time.Time) time.Duration {
	return time.Duration(float64(now.Sub(f.begin)) * float64(f.left()) / float64(max(1, f.steps)))
}

// step counts a step, and returns what there is to tell.
func (f *forecast) step(now time.Time) string {
	f.steps++
	if f.estimate == 0 && f.steps >= firstSteps && now.Sub(f.begin) >= firstTime {
		if f.estimate = f.whole(now); f.estimate < tellTime {
			return ""
		}
		if f.plan.Patience > 0 {
			return "this takes " + aboutTime(f.estimate) + " in all, or less with train.patience"
		}
		return "this takes " + aboutTime(f.estimate) + " in all"
	}
	return ""
}

// epoch is called at the end of each epoch, when validation is known too, and returns what there is
// to tell.
func (f *forecast) epoch(now time.Time) string {
	whole, was := f.whole(now), f.estimate
	far := was > 0 && float64(whole) > farFactor*float64(was) && whole-was > farTime
	if !far || f.told > 2 {
		return ""
	}
	f.told, f.estimate = f.told+1, whole
	return fmt.Sprintf("slower than at first: %s in all, not %s; "+
		"does something else use the processors, or do images come from a slow disk?",
		aboutTime(whole), aboutTime(was))
}
