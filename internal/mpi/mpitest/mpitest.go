// Package mpitest runs the ranks of a world as goroutines of one process, for tests.
package mpitest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"acol/internal/mpi"
)

// Run calls do for each rank of a world of n on one machine, at the same time, and fails the test
// by their errors. A rank that has returned an error fails what the others wait for, as an abort of
// MPI would.
func Run(t testing.TB, n int, do func(w *mpi.World) error) {
	t.Helper()
	RunOn(t, make([]int, n), do)
}

// RunOn is Run with ranks that lie on machines: the element for each rank is the number of its one.
func RunOn(t testing.TB, machines []int, do func(w *mpi.World) error) {
	t.Helper()
	n := len(machines)
	b := newBoard(n, make(chan struct{}))
	all := &groups{byRanks: map[string]*board{}}
	var leave sync.Once
	errs := make([]error, n)
	var wg sync.WaitGroup
	for r := range n {
		wg.Go(func() {
			w := mpi.New(r, n, &rank{b, r, all})
			err := w.Place(machines[r])
			if err == nil {
				err = do(w)
			}
			if err != nil {
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

// groups are the boards of groups of ranks.
type groups struct {
	mu      sync.Mutex
	byRanks map[string]*board
}

// board is the memory of all ranks, or of those of a group.
type board struct {
	n     int
	mu    sync.Mutex
	here  int           // ranks that wait for the others
	round chan struct{} // closed when all are here
	gone  chan struct{} // closed when a rank has failed
	parts [][]float32
	bytes [][]byte
}

func newBoard(n int, gone chan struct{}) *board {
	return &board{
		n: n, round: make(chan struct{}), gone: gone,
		parts: make([][]float32, n), bytes: make([][]byte, n),
	}
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
	rank   int // its place among those of the board
	groups *groups
}

func (r *rank) Group(ranks []int) (mpi.Group, error) {
	r.groups.mu.Lock()
	defer r.groups.mu.Unlock()
	if ranks == nil {
		return nil, nil
	}
	name := fmt.Sprint(ranks)
	if r.groups.byRanks[name] == nil {
		r.groups.byRanks[name] = newBoard(len(ranks), r.gone)
	}
	return &rank{r.groups.byRanks[name], slices.Index(ranks, r.rank), r.groups}, nil
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
