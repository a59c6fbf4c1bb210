package hub

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// pace says how slow a download may be, and how often it is tried.
type pace struct {
	// attempts is how often a file is asked for without progress before Get gives up; an attempt
	// that brings at least progress bytes does not count.
	attempts int
	progress int64
	// pause is the time between two attempts, times the number of attempts without progress.
	pause time.Duration
	// window is the time over which at least least bytes have to come. The first window of a
	// request is not judged: it has the connecting in it.
	window time.Duration
	least  int64
	// total is the longest time for a file.
	total time.Duration
	// after is time.After, or what a test puts in its place.
	after func(time.Duration) <-chan time.Time
}

// usual is the pace of every download outside of tests: less than 8 KiB/s over 30 s is too slow,
// and a file has 12 hours.
var usual = pace{
	attempts: 4, progress: 1 << 16, pause: 2 * time.Second,
	window: 30 * time.Second, least: 30 * 8 << 10, total: 12 * time.Hour,
	after: time.After,
}

// wait waits before the next attempt, where there were n without progress.
func (p pace) wait(ctx context.Context, n int) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.after(time.Duration(n) * p.pause):
		return nil
	}
}

// watch cancels a request that is too slow, until ctx is done. Came counts its bytes.
func (p pace) watch(ctx context.Context, came *atomic.Int64, cancel context.CancelCauseFunc) {
	for first, last := true, int64(0); ; first = false {
		select {
		case <-ctx.Done():
			return
		case <-p.after(p.window):
		}
		now := came.Load()
		if !first && now-last < p.least {
			cancel(&slowError{bytes: now - last, least: p.least, window: p.window})
			return
		}
		last = now
	}
}

// slowError says that a server sends too slowly to wait for it.
type slowError struct {
	bytes, least int64
	window       time.Duration
}

func (e *slowError) Error() string {
	return fmt.Sprintf("only %d bytes came in %v, want at least %d", e.bytes, e.window, e.least)
}

// lateError says that a file has taken too long.
type lateError struct{ total time.Duration }

func (e lateError) Error() string { return fmt.Sprintf("it was not there after %v", e.total) }
