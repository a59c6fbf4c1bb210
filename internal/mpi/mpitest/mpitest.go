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
func Run(t testing.TB, n int, do func(w *mpi.World) error) {
	t.Helper()
	b := &board{n: n, round: make(chan struct{}), parts: make([][]float32, n), bytes: make([][]byte, n)}
	errs := make([]error, n)
	var wg sync.WaitGroup
	for r := range n {
		wg.Go(func() {
			if err := do(mpi.New(r, n, &rank{b, r})); err != nil {
				errs[r] = fmt.Errorf("rank %d: %w", r, err)
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
	parts [][]float32
	bytes [][]byte
}

// meet returns when all ranks have called it.
func (b *board) meet() {
	b.mu.Lock()
	round := b.round
	if b.here++; b.here == b.n {
		b.here, b.round = 0, make(chan struct{})
		close(round)
	}
	b.mu.Unlock()
	<-round
}

// rank is one rank's link to the others.
type rank struct {
	*board
	rank int
}

func (r *rank) Scatter(x []float32, bounds []int, recv []float32) error {
	r.parts[r.rank] = x
	r.meet()
	for _, y := range r.parts {
		recv = recv[copy(recv, y[bounds[r.rank]:bounds[r.rank+1]]):]
	}
	r.meet()
	return nil
}

func (r *rank) Collect(x []float32, bounds []int) error {
	r.parts[r.rank] = x
	r.meet()
	for i, y := range r.parts {
		if i != r.rank {
			copy(x[bounds[i]:bounds[i+1]], y[bounds[i]:bounds[i+1]])
		}
	}
	r.meet()
	return nil
}

func (r *rank) Gather(b []byte) ([][]byte, error) {
	r.bytes[r.rank] = append([]byte(nil), b...)
	r.meet()
	all := append([][]byte(nil), r.bytes...)
	r.meet()
	return all, nil
}

func (r *rank) Abort(code int) { panic(fmt.Sprintf("rank %d aborts with code %d", r.rank, code)) }

func (r *rank) Close() error { r.meet(); return nil }
