package main

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how many of a number of things are done: a bar on a terminal,
// a line now and then otherwise, nothing for what ends at once.
type progress struct {
	s     *streams
	what  string
	unit  string
	bar   *progressbar.ProgressBar
	begin time.Time
	next  time.Time
}

// barAfter is how long something may take without a bar.
const barAfter = time.Second

func newProgress(s *streams, what, unit string) *progress {
	now := time.Now()
	return &progress{s: s, what: what, unit: unit, begin: now, next: now.Add(plainEvery)}
}

func (p *progress) update(done, total int) {
	switch now := time.Now(); {
	case p.s.Terminal && p.bar == nil && now.Sub(p.begin) > barAfter:
		p.bar = newBar(p.s, total, p.unit)
		p.bar.Describe(p.what)
	case !p.s.Terminal && now.After(p.next):
		p.s.say("%s: %d of %d", p.what, done, total)
		p.next = now.Add(plainEvery)
	}
	if p.bar != nil {
		_ = p.bar.Set(done)
	}
}

// say prints a message above the bar.
func (p *progress) say(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	p.s.say(format, args...)
}

func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// saySlow prints a message if stop is not called within the time that needs no progress.
// Nothing else is printed until then.
func (s *streams) saySlow(format string, args ...any) (stop func()) {
	timer := time.AfterFunc(barAfter, func() { s.say(format, args...) })
	return func() { timer.Stop() }
}
