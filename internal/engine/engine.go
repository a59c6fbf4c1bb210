// Package engine runs Gorgonia graphs of acol's ops: it prunes a graph to the
// wanted outputs, lets a kernel backend choose layout and algorithm of each
// step, plans one arena by liveness with in-place steps, and runs the plan on
// one locked OS thread.
package engine

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"acol/internal/kernel/backend"
)

// Engine owns a backend and the one OS thread that all of its plans run on: a
// native backend keeps a pool for each thread that calls it.
type Engine struct {
	backend backend.Backend
	turn    sync.Mutex // of those who wait for the thread
	jobs    chan func() error
	results chan error
	closed  bool // guarded by turn
	done    chan struct{}
}

// New starts an engine on a backend, which it closes when it is closed.
func New(b backend.Backend) *Engine {
	e := &Engine{backend: b, jobs: make(chan func() error), results: make(chan error), done: make(chan struct{})}
	go e.loop()
	return e
}

func (e *Engine) loop() {
	runtime.LockOSThread()
	defer close(e.done)
	for run := range e.jobs {
		e.results <- protect(run)
	}
}

// protect turns a panic of a step into an error: a plan must not take the program down.
func protect(run func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error while computing: %v", r)
		}
	}()
	return run()
}

// do runs f on the engine's thread and waits.
func (e *Engine) do(f func() error) error {
	e.turn.Lock()
	defer e.turn.Unlock()
	if e.closed {
		return errors.New("the engine is closed")
	}
	e.jobs <- f
	return <-e.results
}

// Do runs f with the backend on the engine's thread and waits.
func (e *Engine) Do(f func(b backend.Backend)) error {
	return e.do(func() error {
		f(e.backend)
		return nil
	})
}

// Backend is what the engine computes with.
func (e *Engine) Backend() backend.Backend { return e.backend }

// Close waits for the plan that runs, and ends the thread and the backend. What is asked later is an error.
func (e *Engine) Close() {
	e.turn.Lock()
	defer e.turn.Unlock()
	if e.closed {
		return
	}
	e.closed = true
	close(e.jobs)
	<-e.done
	e.backend.Close()
}
