package main

import (
	"strings"
	"testing"
	"time"

	"acol/internal/train"
)

// TestForecastTellsHowLongATrainingTakes runs ten epochs of ten steps at one step in three seconds,
// then at one in twelve.
func TestForecastTellsHowLongATrainingTakes(t *testing.T) {
	now := time.Unix(0, 0)
	p := newForecast(train.Plan{Epochs: 10, StepsPerEpoch: 10}, now)
	var told []string
	tell := func(line string) {
		if line != "" {
			told = append(told, line)
		}
	}
	for i := range 100 {
		now = now.Add(3 * time.Second)
		if i >= 20 {
			now = now.Add(9 * time.Second)
		}
		tell(p.step(now))
		if i%10 == 9 {
			tell(p.epoch(now))
		}
	}
	want := []string{
		"this takes about 5 min in all",
		"slower than at first: about 10 min in all, not about 5 min; ",
		"slower than at first: about 16 min in all, not about 10 min; ",
	}
	for i, w := range want {
		if i >= len(told) || !strings.HasPrefix(told[i], w) {
			t.Fatalf("told %q, want %q", told, want)
		}
	}
	if len(told) != len(want) {
		t.Errorf("told %q", told)
	}
}

func TestForecastIsSilentWhereATrainingIsShortOrSteady(t *testing.T) {
	for name, tc := range map[string]struct {
		step time.Duration
		want int
	}{"short": {100 * time.Millisecond, 0}, "steady": {4 * time.Second, 1}} {
		now := time.Unix(0, 0)
		p := newForecast(train.Plan{Epochs: 10, StepsPerEpoch: 10, Epoch: 2}, now)
		n := 0
		for i := range 80 {
			now = now.Add(tc.step + time.Duration(i%3)*tc.step/10)
			for _, line := range []string{p.step(now), p.epoch(now)} {
				if line != "" {
					n++
				}
			}
		}
		if n != tc.want {
			t.Errorf("%s: told %d times, want %d", name, n, tc.want)
		}
	}
}

func TestAboutTimeIsAsPeopleSayIt(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Second: "about 10 s", 44 * time.Second: "about 40 s", 55 * time.Second: "about 1 min",
		90 * time.Second: "about 2 min", 99 * time.Minute: "about 99 min",
		3 * time.Hour: "about 3.0 hours", 100 * time.Hour: "about 4 days",
	} {
		if got := aboutTime(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
