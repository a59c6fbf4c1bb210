//go:build onednn && amd64 && cgo

package native

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"time"

	"acol/internal/kernel/native/cpp"
	"acol/internal/regular"
)

// waiting decides how the threads of OpenMP wait for each other. They spin, which is fastest where
// they have the processors to themselves. Where other programs want these too, a spinning thread
// spends the time in which the thread that it waits for could run; then they sleep instead.
//
// Whether others want the processors shows in the time that the threads have been ready to run but
// have not run. Linux counts it for each thread. Where it cannot be read the threads always spin.
type waiting struct {
	team   []thread
	looked time.Time
	text   [128]byte  // of a schedstat
	crowd  *cpp.Crowd // while threads sleep
	share  float64    // of the time that a thread is delayed, as of late
}

// thread is a thread of the system.
type thread struct {
	id      int
	stat    *os.File      // its schedstat; nil where the system has none
	delayed time.Duration // since its start
}

const (
	// lookEvery is the time from one look at the threads to the next.
	lookEvery = 50 * time.Millisecond
	// Threads sleep where one was delayed for more than busyShare of the time of late, and spin
	// again below calmShare. In a training that is alone the share is 0.00 to 0.03. Beside one
	// busy loop on two processors it is 0.5 to 0.9 while they spin, and 0.2 to 0.9 while they
	// sleep.
	busyShare = 0.35
	calmShare = 0.10
	// memory is how long a delay counts: after it, it has the weight 1/e.
	memory = 400 * time.Millisecond
	// hurriedSlice is for how long threads that sleep want to run at a time. With a short slice the
	// scheduler lets a thread run sooner after it was woken.
	hurriedSlice = 100 * time.Microsecond
)

// look decides anew, if it is time to. It is called on the thread whose team computes.
func (w *waiting) look(now time.Time) {
	past := now.Sub(w.looked)
	if past < lookEvery {
		return
	}
	first := w.team == nil
	if first {
		for _, id := range cpp.Team() {
			stat, err := regular.Open(fmt.Sprintf("/proc/self/task/%d/schedstat", id))
			if err != nil {
				stat = nil
			}
			w.team = append(w.team, thread{id: id, stat: stat})
		}
	}
	w.looked = now
	if share := float64(w.delay()) / float64(past); !first {
		w.decide(share, past)
	}
}

// decide takes the largest share of the past time for which a thread was delayed.
func (w *waiting) decide(share float64, past time.Duration) {
	w.share += (share - w.share) * -math.Expm1(-past.Seconds()/memory.Seconds())
	switch {
	case w.crowd == nil && w.share > busyShare:
		w.crowd = cpp.NewCrowd()
		w.slice(hurriedSlice)
	case w.crowd != nil && w.share < calmShare:
		w.spin()
	}
}

// spin has the threads spin.
func (w *waiting) spin() {
	if w.crowd != nil {
		w.crowd.Free()
		w.crowd = nil
		w.slice(0)
	}
}

func (w *waiting) slice(d time.Duration) {
	for _, t := range w.team {
		cpp.SetSlice(t.id, d)
	}
}

// close has the threads spin, and forgets them.
func (w *waiting) close() {
	w.spin()
	for _, t := range w.team {
		if t.stat != nil {
			_ = t.stat.Close()
		}
	}
	w.team = nil
}

// delay returns the longest time for which a thread of the team was delayed since the last call; 0
// where the system does not say.
func (w *waiting) delay() (longest time.Duration) {
	for i := range w.team {
		t := &w.team[i]
		if t.stat == nil {
			continue
		}
		n, _ := t.stat.ReadAt(w.text[:], 0)
		now := delayed(w.text[:n])
		longest = max(longest, now-t.delayed)
		t.delayed = now
	}
	return longest
}

// delayed reads a schedstat of Linux: the nanoseconds that a thread has run, those that it was
// ready to run but did not, and how often it has run.
func delayed(schedstat []byte) (d time.Duration) {
	_, rest, _ := bytes.Cut(schedstat, []byte(" "))
	for _, digit := range rest {
		if digit < '0' || digit > '9' {
			break
		}
		d = 10*d + time.Duration(digit-'0')
	}
	return d
}
