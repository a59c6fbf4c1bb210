package kernel

import (
	"sync"
	"sync/atomic"
)

// team is the calling goroutine and threads-1 helpers that sleep between jobs.
// It runs one job at a time.
type team struct {
	threads int
	wake    []chan struct{}
	done    sync.WaitGroup

	job      func(worker, lo, hi int)
	n, chunk int
	next     atomic.Int64
}

func newTeam(threads int) *team {
	t := &team{threads: threads, wake: make([]chan struct{}, threads-1)}
	for i := range t.wake {
		t.wake[i] = make(chan struct{}, 1)
		go t.help(i+1, t.wake[i])
	}
	return t
}

func (t *team) help(worker int, wake <-chan struct{}) {
	for range wake {
		t.work(worker)
		t.done.Done()
	}
}

// run calls job on disjoint ranges of at most chunk indices that cover [0,n),
// or once on all of them; worker < threads tells which goroutine calls.
func (t *team) run(n, chunk int, job func(worker, lo, hi int)) {
	if n <= 0 {
		return
	}
	helpers := min(len(t.wake), (n+chunk-1)/chunk-1)
	if helpers <= 0 {
		job(0, 0, n)
		return
	}
	t.job, t.n, t.chunk = job, n, chunk
	t.next.Store(0)
	t.done.Add(helpers)
	for _, w := range t.wake[:helpers] {
		w <- struct{}{}
	}
	t.work(0)
	t.done.Wait()
	t.job = nil
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

// close ends the helpers; run then works alone.
func (t *team) close() {
	for _, w := range t.wake {
		close(w)
	}
	t.wake = nil
}
