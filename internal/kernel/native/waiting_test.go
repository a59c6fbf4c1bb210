//go:build onednn && amd64 && cgo

package native

import (
	"os"
	"runtime"
	"testing"
	"time"

	"acol/internal/kernel/native/cpp"
)

func TestThreadsSleepBesideOthersAndSpinAgainLater(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const look = lookEvery
	var w waiting
	defer w.close()
	steps := func(share float64, times int) {
		for range times {
			w.decide(share, look)
		}
	}
	for _, c := range []struct {
		name   string
		share  float64
		times  int
		sleeps bool
	}{
		{"alone", 0.03, 40, false},
		{"something short", 1, 3, false}, // of 1-exp(-150/400) = 0.31 as of late
		{"alone again", 0.03, 40, false},
		{"beside others", 0.9, 3, false},
		{"beside others for longer", 0.9, 1, true}, // 0.37 of late
		{"as they sleep", 0.2, 40, true},
		{"others end", 0, 5, true}, // 0.2 exp(-250/400) = 0.107 of late
		{"others have ended", 0, 1, false},
		{"others are back", 0.9, 4, true},
	} {
		steps(c.share, c.times)
		if sleeps := w.crowd != nil; sleeps != c.sleeps {
			t.Errorf("%s: threads sleep: %t, want %t (share %.3f)", c.name, sleeps, c.sleeps, w.share)
		}
	}
	w.close()
	if w.crowd != nil {
		t.Error("threads sleep after the end")
	}
}

func TestTheTeamIsLookedAtNowAndThen(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var w waiting
	defer w.close()
	start := time.Now()
	w.look(start)
	if len(w.team) == 0 {
		t.Fatal("no threads")
	}
	w.look(start.Add(lookEvery - 1))
	if !w.looked.Equal(start) {
		t.Error("looked again before it was time")
	}
	w.look(start.Add(time.Hour)) // in which no thread was delayed for long
	if w.looked.Equal(start) || w.crowd != nil {
		t.Errorf("looked at %v, threads sleep: %t", w.looked, w.crowd != nil)
	}
}

func TestTheDelayOfAThreadIsTheSecondNumber(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"2164830 18028765 32\n": 18028765,
		"0 0 0":                 0,
		"":                      0,
		"12":                    0,
		"1 x 2":                 0,
	} {
		if got := delayed([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestACrowdHasMoreThreadsThanThereAreProcessors(t *testing.T) {
	threads := func() int {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Skip(err)
		}
		return len(tasks)
	}
	before := threads()
	crowd := cpp.NewCrowd()
	if crowd == nil {
		t.Fatal("no crowd")
	}
	defer crowd.Free()
	// Its leader has as many helpers as there are processors.
	if more := threads() - before; more < runtime.NumCPU()+1 {
		t.Errorf("%d threads more, want %d", more, runtime.NumCPU()+1)
	}
}
