package hub

import (
	"io"
	"sync/atomic"
	"time"
)

// SetPause makes attempts follow each other at once, until the returned function is called.
func SetPause() (restore func()) {
	old := usual
	usual.pause = 0
	return func() { usual = old }
}

// SetClock makes every window of time end when a test sends to the returned channel, and attempts
// follow each other at once, until restore is called.
func SetClock() (ticks chan time.Time, restore func()) {
	old := usual
	ticks = make(chan time.Time)
	usual.after = func(d time.Duration) <-chan time.Time {
		if d != usual.window {
			now := make(chan time.Time, 1)
			now <- time.Time{}
			return now
		}
		return ticks
	}
	return ticks, func() { usual = old }
}

// SetTotal gives a file that much time, until the returned function is called.
func SetTotal(d time.Duration) (restore func()) {
	old := usual
	usual.total = d
	return func() { usual = old }
}

// WritingFails returns the error of writing what has come to w, and whether it ends the attempts.
func WritingFails(w io.Writer) (err error, final bool) {
	_, err = (&meter{w: w, most: 100, came: new(atomic.Int64)}).Write([]byte("x"))
	return err, hopeless(err)
}
