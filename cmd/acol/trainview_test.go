package main

import (
	"strings"
	"testing"

	"acol/internal/train"
)

func TestTrainViewTellsHowLongDataWereWaitedFor(t *testing.T) {
	s, _, messages := memoryIO()
	v := &trainView{s: s, names: []string{"p"}, plan: train.Plan{Epochs: 2}}
	if line, hint := v.summary(); line != "" || hint != "" {
		t.Errorf("before any epoch: %q, %q", line, hint)
	}
	v.Epoch(train.EpochRecord{Epoch: 1, Losses: []float64{1}, Images: 300, Seconds: 60, Waited: 15, WaitedShare: 0.25})
	v.Epoch(train.EpochRecord{Epoch: 2, Losses: []float64{1}, Images: 300, Seconds: 40, Waited: 0.1, WaitedShare: 0.0025})
	if lines := strings.Split(messages.String(), "\n"); !strings.HasSuffix(lines[0], " waited 25 %") || strings.Contains(lines[1], "waited") {
		t.Errorf("lines %q", lines)
	}
	line, hint := v.summary()
	if want := "trained on 600 images in 1m40s: 6.0 img/s, 15.1 % of the time waiting for data"; line != want {
		t.Errorf("summary %q, want %q", line, want)
	}
	if !strings.Contains(hint, "data.cache_mb") {
		t.Errorf("hint %q", hint)
	}
	v.seconds, v.waited = 0.1, 0.04 // what takes no time needs no advice
	if _, hint := v.summary(); hint != "" {
		t.Errorf("hint %q after 40 ms of waiting", hint)
	}
}
