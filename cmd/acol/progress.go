package main

import "time"

// progress shows how many of a number of things are done: a bar on a terminal,
// a line now and then otherwise, nothing for what ends at once.
type progress struct {
	s    *streams
	what string
	unit string
	bar  *bar
	pace pace
	next time.Time
}

// barAfter is how long something may take without a bar.
const barAfter = time.Second

func newProgress(s *streams, what, unit string) *progress {
	now := time.Now()
	return &progress{
		s: s, what: what, unit: unit, pace: pace{begin: now}, next: now.Add(plainEvery),
	}
}

func (p *progress) update(done, total int) {
	switch now := time.Now(); {
	case p.s.Terminal && p.bar == nil && now.Sub(p.pace.begin) > barAfter:
		p.bar = newBar(p.s, total, done, p.unit)
		p.bar.pace = p.pace
		p.bar.describe(p.what)
	case !p.s.Terminal && now.After(p.next):
		left := p.pace.left(done, total, now)
		if left != "" {
			left = ", " + left
		}
		if p.unit == kib {
			p.s.say("%s: %.1f of %.1f MiB%s", p.what, mib(done), mib(total), left)
		} else {
			p.s.say("%s: %d of %d %s%s", p.what, done, total, p.unit, left)
		}
		p.next = now.Add(plainEvery)
	}
	if p.bar != nil {
		p.bar.total = total
		p.bar.set(done)
	}
}

// say prints a message above the bar.
func (p *progress) say(format string, args ...any) {
	p.done()
	p.s.say(format, args...)
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		p.bar.clear()
	}
}

// saySlow prints a message if stop is not called within the time that needs no progress.
// Nothing else is printed until then.
func (s *streams) saySlow(format string, args ...any) (stop func()) {
	timer := time.AfterFunc(barAfter, func() { s.say(format, args...) })
	return func() { timer.Stop() }
}
