// Package mpitest runs the ranks of a world as goroutines of one process, for tests.
package mpitest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"acol/internal/mpi"
)

// Run calls do for each rank of a world of n, at the same time, and fails the test by their errors.
// A rank that has returned an error fails what the others wait for, as an abort of MPI would.
func Run(t testing.TB, n int, do func(w *mpi.World) error) {
	t.Helper()
	b := &board{
		n: n, round: make(chan struct{}), gone: make(chan struct{}),
		parts: make([][]float32, n), bytes: make([][]byte, n),
	}
	var leave sync.Once
	errs := make([]error, n)
	var wg sync.WaitGroup
	for r := range n {
		wg.Go(func() {
			if err := do(mpi.New(r, n, &rank{b, r})); err != nil {
				errs[r] = fmt.Errorf("rank %d: %w", r, err)
				leave.Do(func() { close(b.gone) })
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// board is the memory of all ranks.
type board struct {
	n     int
	mu    sync.Mutex
	here  int           // ranks that wait for the others
	round chan struct{} // closed when all are here
	gone  chan struct{} // closed when a rank has failed
	parts [][]float32
	bytes [][]byte
}

// errGone is of a rank that waits for one that has failed.
var errGone = errors.New("another rank has failed")

// meet returns when all ranks have called it.
func (b *board) meet() error {
	b.mu.Lock()
	round := b.round
	if b.here++; b.here == b.n {
		b.here, b.round = 0, make(chan struct{})
		close(round)
	}
	b.mu.Unlock()
	select {
	case <-round:
		return nil
	case <-b.gone:
		return errGone
	}
}

// rank is one rank's link to the others.
type rank struct {
	*board
	rank int
}

func (r *rank) Scatter(x []float32, bounds []int, recv []float32) error {
	r.parts[r.rank] = x
	if err := r.meet(); err != nil {
		return err
	}
	for _, y := range r.parts {
		recv = recv[copy(recv, y[bounds[r.rank]:bounds[r.rank+1]]):]
	}
	return r.meet()
}

func (r *rank) Collect(x []float32, bounds []int) error {
	r.parts[r.rank] = x
	if err := r.meet(); err != nil {
		return err
	}
	for i, y := range r.parts {
		if i != r.rank {
			copy(x[bounds[i]:bounds[i+1]], y[bounds[i]:bounds[i+1]])
		}
	}
	return r.meet()
}

func (r *rank) Gather(b []byte) ([][]byte, error) {
	r.bytes[r.rank] = append([]byte(nil), b...)
	if err := r.meet(); err != nil {
		return nil, err
	}
	all := append([][]byte(nil), r.bytes...)
	return all, r.meet()
}

func (r *rank) Abort(code int) { panic(fmt.Sprintf("rank %d aborts with code %d", r.rank, code)) }

func (r *rank) Close() error { return r.meet() }
