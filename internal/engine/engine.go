// Package engine runs Gorgonia graphs of acol's ops. It prunes a graph to the wanted outputs, fuses
// neighbours, lets a backend choose layout and algorithm of each computation, plans one arena of
// memory by the lifetimes of values, and runs the plan on one locked OS thread.
package engine

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	G "gorgonia.org/gorgonia"

	"acol/internal/kernel/backend"
)

// Engine owns a backend and the one OS thread on which all of its plans run, since the native
// backend keeps a pool of threads for each OS thread that calls it.
type Engine struct {
	backend backend.Backend
	turn    sync.Mutex // of those who wait for the thread
	jobs    chan func() error
	results chan error
	closed  bool                    // guarded by turn
	admit   func(bytes int64) error // guarded by turn
	sum     func([]float32) error   // over processes; nil of one alone
	settled map[*G.Node]*Handover   // of graphs that are compiled next; guarded by turn
	done    chan struct{}
}

// New starts an engine on a backend. Closing the engine closes the backend.
func New(b backend.Backend) *Engine {
	e := &Engine{
		backend: b, jobs: make(chan func() error), results: make(chan error),
		done: make(chan struct{}),
	}
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

// errClosed is the error of whatever is asked of a closed engine.
var errClosed = errors.New("the engine is closed")

// protect turns a panic of a routine into an error: a plan must not take the program down.
func protect(run func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("internal error while computing: %v", r)
		}
	}()
	return run()
}

// do runs f on the engine's thread and waits for it.
func (e *Engine) do(f func() error) error {
	e.turn.Lock()
	defer e.turn.Unlock()
	if e.closed {
		return errClosed
	}
	e.jobs <- f
	return <-e.results
}

// Do runs f with the backend on the engine's thread and waits for it.
func (e *Engine) Do(f func(b backend.Backend)) error {
	return e.do(func() error {
		f(e.backend)
		return nil
	})
}

// Backend is what the engine computes with.
func (e *Engine) Backend() backend.Backend { return e.backend }

// TakesBytes reports whether images are best handed over as bytes, which op.Normalize makes an
// input of: a device has memory of its own, to which they go in a quarter of the time.
func (e *Engine) TakesBytes() bool {
	_, ok := e.backend.(backend.GraphBackend)
	return ok
}

// Close waits for the plan that runs, and ends the thread and the backend. Later calls of the
// engine are errors.
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
