package portable

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// team is the calling goroutine and threads-1 others, which sleep between jobs. It runs one job at
// a time.
type team struct {
	threads int
	wake    []chan struct{}
	done    sync.WaitGroup

	job      func(worker, lo, hi int)
	n, chunk int
	next     atomic.Int64
	failed   atomic.Value // what another goroutine panicked with
}

func newTeam(threads int) *team {
	t := &team{threads: threads, wake: make([]chan struct{}, threads-1)}
	for i := range t.wake {
		t.wake[i] = make(chan struct{}, 1)
		go t.follow(i+1, t.wake[i])
	}
	return t
}

func (t *team) follow(worker int, wake <-chan struct{}) {
	for range wake {
		t.tryWork(worker)
	}
}

// tryWork keeps a panic until all goroutines have ended, so that it reaches the goroutine that
// called run, whose caller may recover.
func (t *team) tryWork(worker int) {
	defer t.done.Done()
	defer func() {
		if r := recover(); r != nil {
			t.failed.Store(fmt.Sprint(r))
		}
	}()
	t.work(worker)
}

// run calls job on disjoint ranges that cover [0,n): each of at most chunk indices, or one range of
// all of them. worker, below threads, is the number of the goroutine that calls.
func (t *team) run(n, chunk int, job func(worker, lo, hi int)) {
	if n <= 0 {
		return
	}
	others := min(len(t.wake), (n+chunk-1)/chunk-1)
	if others <= 0 {
		job(0, 0, n)
		return
	}
	t.job, t.n, t.chunk = job, n, chunk
	t.next.Store(0)
	t.done.Add(others + 1)
	for _, w := range t.wake[:others] {
		w <- struct{}{}
	}
	t.tryWork(0)
	t.done.Wait()
	t.job = nil
	if r := t.failed.Swap(""); r != nil && r != "" {
		panic(r)
	}
}

func (t *team) work(worker int) {
	for {
		hi := int(t.next.Add(int64(t.chunk)))
		lo := hi - t.chunk
		if lo >= t.n {
			return
		}
		t.job(worker, lo, min(hi, t.n))
	}
}

// close ends the other goroutines. run then works alone.
func (t *team) close() {
	for _, w := range t.wake {
		close(w)
	}
	t.wake = nil
}
